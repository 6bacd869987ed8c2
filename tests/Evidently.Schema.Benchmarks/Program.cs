using Evidently.Schema.Benchmarks;
using Evidently.Schema.Benchmarks.Backfill;
using Npgsql;

const int Failed = 1;
const int BadArguments = 2;
const int Interrupted = 130;

// What the benchmark starts as a process of its own, to measure its memory.
switch (args)
{
    case [MigrationProcess.PrepareVerb, var version]:
        MigrationProcess.Prepare(long.Parse(version));
        return 0;
    case [MigrationProcess.BackfillVerb, var workers]:
        await MigrationProcess.BackfillAsync(int.Parse(workers));
        return 0;
}

BackfillOptions options;
try
{
    options = BackfillOptions.Parse(args);
}
catch (FormatException problem)
{
    await Console.Error.WriteLineAsync($"{problem.Message}{Environment.NewLine}{BackfillOptions.Usage}");
    return BadArguments;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) =>
{
    key.Cancel = true;
    stop.Cancel();
};
try
{
    await new BackfillBenchmark(options).RunAsync(stop.Token);
    return 0;
}
catch (Exception) when (stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("Interrupted.");
    return Interrupted;
}
catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or IOException)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return Failed;
}
