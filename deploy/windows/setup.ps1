# Gives this Windows user Argos in a virtual environment of its own. Run it again to repair.
#
#   .\setup.ps1
#
# Everything else is said with the command it prints: argos mt5 install, check, enrol, start, stop, uninstall.

[CmdletBinding()]
param(
    # A clone of Argos; by default the one that this script lies in. The extra brings MetaQuotes' Python package.
    [string] $Source = "$(Resolve-Path (Join-Path $PSScriptRoot '..\..'))[mt5]",
    [string] $Directory = (Join-Path $env:LOCALAPPDATA 'Argos'),
    [string] $Python = 'py'
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3

$venv = Join-Path $Directory 'venv'
$interpreter = Join-Path $venv 'Scripts\python.exe'
New-Item -ItemType Directory -Force -Path $Directory | Out-Null
if (-not (Test-Path $interpreter)) {
    & $Python -m venv $venv
    if ($LASTEXITCODE -ne 0) { throw "venv ended with exit code $LASTEXITCODE" }
}
& $interpreter -m pip install --quiet --upgrade $Source
if ($LASTEXITCODE -ne 0) { throw "pip install ended with exit code $LASTEXITCODE" }

& $interpreter -m argos.cli.front --version
Write-Output "in this window, say first: Set-Alias argos '$venv\Scripts\argos.exe'"
