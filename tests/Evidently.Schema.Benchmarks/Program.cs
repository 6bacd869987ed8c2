using Evidently.Schema.Benchmarks;
using Evidently.Schema.Benchmarks.Backfill;
using Evidently.Schema.Benchmarks.DualWrite;
using Evidently.Schema.Benchmarks.Ledger;
using Evidently.Schema.Benchmarks.Proof;
using Evidently.Schema.Benchmarks.Reads;
using Evidently.Schema.Benchmarks.Startup;
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
    case [MigrationProcess.BackfillVerb, var workers, var beforeCopy]:
        await MigrationProcess.BackfillAsync(int.Parse(workers), long.Parse(beforeCopy));
        return 0;
    case [HostProcess.Verb]:
        await HostProcess.ServeAsync();
        return 0;
}

Func<CancellationToken, Task> benchmark;
try
{
    benchmark = args switch
    {
        ["backfill", ..] => new BackfillBenchmark(BackfillOptions.Parse(args)).RunAsync,
        ["dual-write", ..] => new DualWriteBenchmark(DualWriteOptions.Parse(args)).RunAsync,
        ["proof", ..] => new ProofBenchmark(ProofOptions.Parse(args)).RunAsync,
        ["reads", ..] => new ReadsBenchmark(ReadsOptions.Parse(args)).RunAsync,
        ["startup", ..] => new StartupBenchmark(StartupBenchmarkOptions.Parse(args)).RunAsync,
        ["ledger", ..] => new LedgerBenchmark(LedgerOptions.Parse(args)).RunAsync,
        _ => throw new FormatException("There are the benchmarks backfill, dual-write, reads, startup, proof and ledger."),
    };
}
catch (FormatException problem)
{
    string[] usages = [BackfillOptions.Usage, DualWriteOptions.Usage, ReadsOptions.Usage, StartupBenchmarkOptions.Usage, ProofOptions.Usage, LedgerOptions.Usage];
    await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, [problem.Message, .. usages]));
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
    await benchmark(stop.Token);
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
