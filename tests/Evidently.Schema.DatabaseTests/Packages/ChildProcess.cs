using System.Diagnostics;
using System.Text;

namespace Evidently.Schema.DatabaseTests.Packages;

/// <summary>A program that a test starts, talks to, waits for and never leaves behind.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly StringBuilder _error = new();

    private ChildProcess(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.Start();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public StreamReader Output => _process.StandardOutput;

    public StreamWriter Input => _process.StandardInput;

    public static ChildProcess Start(string program, IEnumerable<string> arguments, IEnumerable<(string Name, string? Value)> environment, string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(new Process { StartInfo = start });
    }

    public static async Task<Outcome> RunAsync(string program, IEnumerable<string> arguments, IEnumerable<(string Name, string? Value)> environment, string? folder = null)
    {
        await using var child = Start(program, arguments, environment, folder);
        child.Input.Close();
        return await child.EndAsync();
    }

    /// <summary>Waits until the program has ended.</summary>
    public async Task<Outcome> EndAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        var output = await Output.ReadToEndAsync(deadline.Token);
        await _process.WaitForExitAsync(deadline.Token);
        lock (_error)
        {
            return new Outcome(_process.ExitCode, output, _error.ToString());
        }
    }

    public void Kill() => _process.Kill(entireProcessTree: true);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Append(string? line)
    {
        lock (_error)
        {
            _error.AppendLine(line);
        }
    }
}

/// <summary>How a program ended.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Error)
{
    public string All => $"exit {ExitCode}{Environment.NewLine}{Output}{Environment.NewLine}{Error}";
}
