#!/usr/bin/env pwsh
# Restores, builds, checks, tests and packs: the same commands as .ci/run.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
Set-Location $PSScriptRoot
dotnet restore
dotnet build --no-restore --configuration Release
dotnet format --no-restore --verify-no-changes
dotnet test --no-build --configuration Release
dotnet test tests/Evidently.Schema.DatabaseTests --no-build --configuration Release --filter TestCategory=Last -- NUnit.ExplicitMode=Relaxed
dotnet pack --no-build --configuration Release
