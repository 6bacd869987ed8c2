using System.IO.Compression;

namespace Evidently.Schema.DatabaseTests.Packages;

/// <summary>Our packages, packed once from what the tests were built with, into a folder that goes with the tests.</summary>
internal static class PackedPackages
{
    // The test host was started by MSBuild and hands its variables on.
    public static readonly (string, string?)[] CleanEnvironment =
        [("MSBuildSDKsPath", null), ("MSBuildExtensionsPath", null), ("MSBUILD_EXE_PATH", null), ("MSBuildLoadMicrosoftTargetsReadOnly", null), ("DOTNET_CLI_UI_LANGUAGE", "en")];

    private static readonly Lazy<Task<string>> Packed = new(PackAsync);

    /// <summary>The folder with the .nupkg files.</summary>
    public static Task<string> FolderAsync() => Packed.Value;

    /// <summary>The .nupkg of a package.</summary>
    public static async Task<string> FileAsync(string package) =>
        Directory.EnumerateFiles(await FolderAsync(), "*.nupkg").Single(file => VersionIn(file, package) is not null);

    public static async Task<string> VersionAsync(string package) => VersionIn(await FileAsync(package), package)!;

    /// <summary>The migrations' DLL alone, in a folder with nothing else.</summary>
    public static async Task<string> ExtractMigrationsAsync()
    {
        await using var package = await ZipFile.OpenReadAsync(await FileAsync("Evidently.Schema"));
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(await FolderAsync(), "dll")).FullName, "Evidently.Schema.dll");
        await package.GetEntry("lib/netstandard2.0/Evidently.Schema.dll")!.ExtractToFileAsync(file);
        return file;
    }

    private static async Task<string> PackAsync()
    {
        var folder = Directory.CreateTempSubdirectory("evidently-packages-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        foreach (var project in new[] { "Evidently.Schema", "Evidently.Schema.Hosting", "Evidently.Schema.Tool" })
        {
            var outcome = await ChildProcess.RunAsync(
                "dotnet",
                ["pack", Path.Combine(Repository.Root, "src", project), "--no-build", "--configuration", Repository.Configuration, "--output", folder],
                CleanEnvironment);
            Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
        }

        return folder;
    }

    // Evidently.Schema.0.1.0.nupkg, but not Evidently.Schema.Hosting.0.1.0.nupkg.
    private static string? VersionIn(string file, string package)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        return name.Length > package.Length + 1 && name.StartsWith(package + ".", StringComparison.Ordinal) && char.IsAsciiDigit(name[package.Length + 1])
            ? name[(package.Length + 1)..]
            : null;
    }
}
