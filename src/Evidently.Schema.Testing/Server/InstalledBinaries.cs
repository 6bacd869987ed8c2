using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Evidently.Schema.Testing.Server;

/// <summary>A folder with <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c>, and their version.</summary>
internal sealed partial record InstalledBinaries(string Directory, Version Version)
{
    private static readonly string Suffix = OperatingSystem.IsWindows() ? ".exe" : "";

    /// <summary>What this machine has, newest first. Of one version the one on the PATH comes first.</summary>
    public static async Task<IReadOnlyList<InstalledBinaries>> FindAsync(CancellationToken ct)
    {
        var found = new List<InstalledBinaries>();
        foreach (var directory in Candidates().Where(IsComplete).Select(Resolve).Distinct(StringComparer.Ordinal))
        {
            if (await VersionOfAsync(directory, ct).ConfigureAwait(false) is { } version)
            {
                found.Add(new(directory, version));
            }
        }

        return [.. found.OrderByDescending(binaries => binaries.Version)];
    }

    /// <summary>The binaries in <paramref name="directory"/>; null when it does not hold a server that runs here.</summary>
    public static async Task<InstalledBinaries?> InAsync(string directory, CancellationToken ct) =>
        IsComplete(directory) && await VersionOfAsync(directory, ct).ConfigureAwait(false) is { } version ? new(directory, version) : null;

    private static IEnumerable<string> Candidates()
    {
        foreach (var directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        {
            yield return directory;
        }

        string[] roots = OperatingSystem.IsWindows()
            ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL")]
            : ["/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt", "/usr/local/opt", "/usr/pgsql-*"];
        foreach (var root in roots)
        {
            var parent = root.EndsWith('*') ? Path.GetDirectoryName(root)! : root;
            var pattern = root.EndsWith('*') ? Path.GetFileName(root) : parent.EndsWith("opt", StringComparison.Ordinal) ? "postgresql*" : "*";
            if (!System.IO.Directory.Exists(parent))
            {
                continue;
            }

            foreach (var version in System.IO.Directory.EnumerateDirectories(parent, pattern))
            {
                yield return version.EndsWith("bin", StringComparison.Ordinal) ? version : Path.Combine(version, "bin");
            }
        }
    }

    private static bool IsComplete(string directory) =>
        directory.Length > 0
        && Array.TrueForAll(["initdb", "pg_ctl", "postgres"], program => File.Exists(Path.Combine(directory, program + Suffix)));

    /// <summary>Packages link their programs into the PATH; the folder linked to has the libraries beside it.</summary>
    private static string Resolve(string directory)
    {
        var target = File.ResolveLinkTarget(Path.Combine(directory, "postgres" + Suffix), returnFinalTarget: true);
        var resolved = target is null ? directory : Path.GetDirectoryName(target.FullName)!;
        return Path.GetFullPath(IsComplete(resolved) ? resolved : directory);
    }

    private static async Task<Version?> VersionOfAsync(string directory, CancellationToken ct)
    {
        try
        {
            var start = new ProcessStartInfo(Path.Combine(directory, "postgres" + Suffix), ["--version"])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
            };
            using var process = Process.Start(start)!;
            var said = await process.StandardOutput.ReadToEndAsync(ct).ConfigureAwait(false);
            await process.WaitForExitAsync(ct).ConfigureAwait(false);
            var number = VersionNumber().Match(said);
            return number.Success ? Version.Parse(number.Value.Contains('.', StringComparison.Ordinal) ? number.Value : number.Value + ".0") : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\d+(\.\d+)?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionNumber();
}
