# Takes Argos from this Windows user: every account by `argos mt5 uninstall`, which asks, refuses while an order is in
# doubt, and keeps journals and keys; then the virtual environment.
#
#   .\remove.ps1

[CmdletBinding()]
param(
    [string] $Directory = (Join-Path $env:LOCALAPPDATA 'Argos')
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3

$venv = Join-Path $Directory 'venv'
$interpreter = Join-Path $venv 'Scripts\python.exe'
foreach ($node in @(Get-ChildItem -Path (Join-Path $Directory '*\node\*.json'))) {
    & $interpreter -m argos.cli.front mt5 uninstall $node.FullName
    if ($LASTEXITCODE -ne 0) { throw "$($node.Name) is still there: nothing more was removed" }
}
Remove-Item -Recurse -Force -Path $venv
Write-Output "journals and keys are still below ${Directory}: keep them as long as you keep books"
