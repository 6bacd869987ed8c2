using System.Collections.Concurrent;
using System.Diagnostics;

namespace Evidently.Schema.Testing.Rest;

/// <summary>One PostgREST, on Linux and macOS watched by <c>PostgRest.sh</c>, which stops it when this process dies.</summary>
internal sealed class RestProcess : IAsyncDisposable
{
    private const int LinesKept = 20;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Task _listening;

    private RestProcess(Process process)
    {
        _process = process;
        _listening = ListenAsync();
    }

    /// <summary>Whether PostgREST itself has ended: it alone holds the other end of the pipe.</summary>
    public bool HasEnded => _listening.IsCompleted;

    /// <summary>The last it said.</summary>
    public string Said => string.Join('\n', _lines);

    public static RestProcess Start(string binary, IReadOnlyDictionary<string, string> environment)
    {
        var start = OperatingSystem.IsWindows() ? new ProcessStartInfo(binary) : new ProcessStartInfo("/bin/sh", ["-c", Resources.Read("PostgRest.sh")]);
        start.UseShellExecute = false;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.WorkingDirectory = Path.GetTempPath();

        // A setting left over in the environment would change what is tested.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PGRST_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["PROGRAM"] = binary;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new(Process.Start(start)!);
    }

    public async ValueTask DisposeAsync()
    {
        if (OperatingSystem.IsWindows())
        {
            _process.Kill();
        }
        else
        {
            _process.StandardInput.Close();
        }

        await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        await _listening.ConfigureAwait(false);
        _process.Dispose();
    }

    /// <summary>Whatever is said is read, or the pipe would fill up and PostgREST wait.</summary>
    private async Task ListenAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            _lines.Enqueue(line);
            if (_lines.Count > LinesKept)
            {
                _lines.TryDequeue(out _);
            }
        }
    }
}
