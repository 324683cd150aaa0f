# Sets up a node at a MetaTrader 5 terminal: a private directory, a virtual environment, and a task that starts the
# node when its user logs on, since a terminal needs that session. Run it as that user; run it again to update.
#
#   .\install-node.ps1 -NodeFile .\prop-1.json -Password (Read-Host -AsSecureString)
#
# Afterwards: `argos mt5 check`, then `argos node FILE --enrol CODE` once by hand, then start the task.

[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $NodeFile,
    # A clone of Argos with the extra of this venue; by default the one that this script lies in.
    [string] $Source = "$(Resolve-Path (Join-Path $PSScriptRoot '..\..'))[mt5]",
    [string] $Directory = (Join-Path $env:LOCALAPPDATA "Argos"),
    [string] $Python = "py",
    [securestring] $Password
)

$ErrorActionPreference = "Stop"
Set-StrictMode -Version 3

function Assert-Success([string] $What) {
    if ($LASTEXITCODE -ne 0) { throw "$What ended with exit code $LASTEXITCODE" }
}

New-Item -ItemType Directory -Force -Path $Directory | Out-Null
# The node file and the password are secrets: nobody but this user may read what lies in here.
icacls $Directory /inheritance:r /grant:r "${env:USERNAME}:(OI)(CI)F" | Out-Null
Assert-Success "icacls"

$venv = Join-Path $Directory "venv"
$interpreter = Join-Path $venv "Scripts\python.exe"
if (-not (Test-Path $interpreter)) {
    & $Python -m venv $venv
    Assert-Success "venv"
}
& $interpreter -m pip install --quiet --upgrade $Source
Assert-Success "pip install"

$name = [IO.Path]::GetFileNameWithoutExtension($NodeFile)
$file = Join-Path $Directory "$name.json"
Copy-Item -Force -Path $NodeFile -Destination $file

if ($Password) {
    # The name that the node file gives as password_file.
    $plain = [System.Net.NetworkCredential]::new("", $Password).Password
    $secret = Join-Path $Directory "$name.password"
    [IO.File]::WriteAllText($secret, $plain)
}

$action = New-ScheduledTaskAction -Execute $interpreter -Argument "-m argos.entries.node `"$file`"" `
    -WorkingDirectory $Directory
$trigger = New-ScheduledTaskTrigger -AtLogOn -User $env:USERNAME
# Never two at a time, and without an end. Not started again after exit codes 2 and 3, which ask for a person: so the
# task does not restart by itself, and `argos nodes` shows when a node was last seen.
$settings = New-ScheduledTaskSettingsSet -ExecutionTimeLimit ([TimeSpan]::Zero) -MultipleInstances IgnoreNew
Register-ScheduledTask -Force -TaskName "Argos node $name" -Action $action -Trigger $trigger `
    -Settings $settings | Out-Null

& $interpreter -m argos.cli.main mt5 check $file
Write-Host "set up: the task 'Argos node $name' starts with your next logon"
