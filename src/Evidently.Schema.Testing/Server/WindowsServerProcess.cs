using System.Diagnostics;

namespace Evidently.Schema.Testing.Server;

/// <summary>
/// The server on Windows, best effort: a <c>cmd</c> waits for its input to end, then stops the server and deletes the folder. Killing
/// the whole process tree kills it too.
/// </summary>
internal sealed class WindowsServerProcess : ServerProcess
{
    private readonly string _binaries;
    private readonly string _configuration;
    private readonly Process _watchdog;

    private WindowsServerProcess(string binaries, string configuration, string folder, Process watchdog)
    {
        _binaries = binaries;
        _configuration = configuration;
        Folder = folder;
        _watchdog = watchdog;
    }

    public override string Folder { get; }

    private string Data => Path.Combine(Folder, "data");

    private string StopCommand => $"\"{Path.Combine(_binaries, "pg_ctl.exe")}\" stop -w -m immediate -D \"{Data}\" & rmdir /s /q \"{Folder}\"";

    public static WindowsServerProcess Create(string binaries, string configuration)
    {
        var folder = Directory.CreateTempSubdirectory("evidently-schema-").FullName;
        var control = Path.Combine(binaries, "pg_ctl.exe");
        var stop = $"\"{control}\" stop -w -m immediate -D \"{Path.Combine(folder, "data")}\"";
        var watchdog = Process.Start(new ProcessStartInfo("cmd.exe")
        {
            Arguments = $"/d /s /c \"set /p line= & {stop} >nul 2>&1 & rmdir /s /q \"{folder}\"\"",
            UseShellExecute = false,
            RedirectStandardInput = true,
            CreateNoWindow = true,
            WorkingDirectory = Path.GetTempPath(),
        })!;
        return new(binaries, configuration, folder, watchdog);
    }

    public override async Task<string> KeepAsync(CancellationToken ct)
    {
        _watchdog.Kill();
        await _watchdog.WaitForExitAsync(ct).ConfigureAwait(false);
        return StopCommand;
    }

    public override async ValueTask DisposeAsync()
    {
        _watchdog.StandardInput.Close();
        await _watchdog.WaitForExitAsync().ConfigureAwait(false);
        _watchdog.Dispose();
    }

    protected override async Task CarryOutAsync(string command)
    {
        var words = command.Split(' ');
        switch (words[0])
        {
            case "create":
                await RunAsync("initdb.exe", ["-D", Data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"])
                    .ConfigureAwait(false);
                await File.AppendAllTextAsync(Path.Combine(Data, "postgresql.conf"), _configuration + "\n").ConfigureAwait(false);
                break;
            case "start":
                await RunAsync("pg_ctl.exe", ["start", "-w", "-D", Data, "-l", Path.Combine(Folder, "log"), "-o", $"-p {words[1]}"])
                    .ConfigureAwait(false);
                break;
            default:
                await RunAsync("pg_ctl.exe", ["stop", "-w", "-D", Data, "-m", words[1]]).ConfigureAwait(false);
                break;
        }
    }

    /// <summary>Output is not redirected: the server would inherit the pipe and keep it open.</summary>
    private async Task RunAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(_binaries, program), arguments) { CreateNoWindow = true })!;
        await process.WaitForExitAsync().ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            var log = Path.Combine(Folder, "log");
            var said = File.Exists(log) ? await File.ReadAllTextAsync(log).ConfigureAwait(false) : "";
            throw new InvalidOperationException($"{program} failed with exit code {process.ExitCode}. {said}");
        }
    }
}
