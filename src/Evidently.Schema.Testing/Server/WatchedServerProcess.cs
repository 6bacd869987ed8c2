using System.Diagnostics;

namespace Evidently.Schema.Testing.Server;

/// <summary>The server on Linux and macOS, run by <c>Watchdog.sh</c>.</summary>
internal sealed class WatchedServerProcess : ServerProcess
{
    private static readonly TimeSpan CleanUpTime = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private string _folder = "";

    private WatchedServerProcess(Process process) => _process = process;

    public override string Folder => _folder;

    public static async Task<WatchedServerProcess> CreateAsync(string binaries, string configuration, CancellationToken ct)
    {
        var script = Resources.Read("Watchdog.sh");
        var start = new ProcessStartInfo("/bin/sh", ["-c", script])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment["WATCHDOG"] = script;
        start.Environment["BINARIES"] = binaries;
        start.Environment["SETTINGS"] = configuration;
        start.Environment.Remove("WATCHDOG_SESSION");
        ct.ThrowIfCancellationRequested();
        var server = new WatchedServerProcess(Process.Start(start)!);
        try
        {
            var answer = await server.AnswerAsync().ConfigureAwait(false);
            server._folder = answer[^1];
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public override async Task<string> KeepAsync(CancellationToken ct)
    {
        await TellAsync("keep", ct).ConfigureAwait(false);

        // QUIT: the server stops at once, without writing the data that are deleted next. pg_ctl would refuse root.
        return $"kill -QUIT $(head -n 1 '{Folder}/data/postmaster.pid') && sleep 1 && rm -rf '{Folder}'";
    }

    /// <summary>Ends the watchdog's input and waits until its output ends too: then the server and its folder are gone.</summary>
    public override async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(CleanUpTime);
        try
        {
            _process.StandardInput.Close();
            await _process.StandardOutput.ReadToEndAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is IOException or OperationCanceledException)
        {
            // The watchdog is gone or slow: nothing more to be done from here.
        }

        _process.Dispose();
    }

    protected override async Task CarryOutAsync(string command)
    {
        await _process.StandardInput.WriteAsync(command + "\n").ConfigureAwait(false);
        await _process.StandardInput.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        await AnswerAsync().ConfigureAwait(false);
    }

    private async Task<List<string>> AnswerAsync()
    {
        var lines = new List<string>();
        while (await _process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            switch (line)
            {
                case "ok":
                    return lines;
                case "failed":
                    throw new InvalidOperationException(string.Join('\n', lines));
                default:
                    lines.Add(line);
                    break;
            }
        }

        lines.Add(await _process.StandardError.ReadToEndAsync().ConfigureAwait(false));
        throw new InvalidOperationException($"The server's watchdog ended. {string.Join('\n', lines)}");
    }
}
