# Takes a newer Argos for all accounts that are set up here: stops their tasks, upgrades, starts them again. Journals
# and keys are not touched. A program of the expert advisor is compiled anew by: argos mt5 install FILE --kind expert
#
#   .\update.ps1

[CmdletBinding()]
param(
    [string] $Source = "$(Resolve-Path (Join-Path $PSScriptRoot '..\..'))[mt5]",
    [string] $Directory = (Join-Path $env:LOCALAPPDATA 'Argos')
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3

$interpreter = Join-Path $Directory 'venv\Scripts\python.exe'
$nodes = @(Get-ChildItem -Path (Join-Path $Directory '*\node\*.json'))

function Invoke-Argos {
    param([Parameter(ValueFromRemainingArguments)] [string[]] $Words)
    & $interpreter -m argos.cli.front @Words
    if ($LASTEXITCODE -ne 0) { throw "argos $Words ended with exit code $LASTEXITCODE" }
}

# Their files are open as long as they run, and Windows replaces no open file.
foreach ($node in $nodes) { Invoke-Argos mt5 stop $node.FullName }
try {
    & $interpreter -m pip install --quiet --upgrade $Source
    if ($LASTEXITCODE -ne 0) { throw "pip install ended with exit code $LASTEXITCODE" }
}
finally {
    foreach ($node in $nodes) { Invoke-Argos mt5 start $node.FullName }
}
