using System.Runtime.InteropServices;
using Demo;
using Evidently.Schema.Hosting;
using Npgsql;
using Spectre.Console;

const int Failed = 1;
const int BadArguments = 2;
const int Interrupted = 130;

// Without a terminal tables must not be broken to its default width.
if (!AnsiConsole.Profile.Out.IsTerminal)
{
    AnsiConsole.Profile.Width = DemoReport.Width;
}

DemoOptions options;
try
{
    options = DemoOptions.Parse(args);
}
catch (FormatException problem)
{
    await Console.Error.WriteLineAsync($"{problem.Message} Try --help.");
    return BadArguments;
}

if (options.Help)
{
    Console.WriteLine(DemoOptions.Usage);
    return 0;
}

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    await new DemoRun(options).RunAsync(stop.Token);
    return 0;
}
catch (Exception) when (stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("Interrupted. Nothing is left behind.");
    return Interrupted;
}
catch (Exception exception) when (exception is SchemaException or NpgsqlException or InvalidOperationException or IOException or TimeoutException)
{
    // No server, a refused step, a full disk: the message says what to do, a stack does not.
    await Console.Error.WriteLineAsync(exception.Message);
    return Failed;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
