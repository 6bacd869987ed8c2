using Evidently.Schema.Benchmarks.Backfill;
using Evidently.Schema.Benchmarks.DualWrite;
using Evidently.Schema.Benchmarks.Proof;
using Evidently.Schema.Benchmarks.Reads;

namespace Evidently.Schema.Benchmarks.Ledger;

/// <summary>Every benchmark, one after the other, and at the end every figure against what it is to reach, the plan's promises among them.</summary>
internal sealed class LedgerBenchmark(LedgerOptions options)
{
    public async Task RunAsync(CancellationToken ct)
    {
        var targets = new List<Target>();
        targets.AddRange(await new BackfillBenchmark(new BackfillOptions { Rows = options.Rows, Runs = options.Runs }).RunAsync(ct));
        targets.AddRange(await new DualWriteBenchmark(new DualWriteOptions { Runs = options.Runs }).RunAsync(ct));
        targets.AddRange(await new ReadsBenchmark(new ReadsOptions { Rows = options.Rows }).RunAsync(ct));
        targets.AddRange(await new ReadsBenchmark(new ReadsOptions { Rows = [options.Rows[0]], Brands = 2 }).RunAsync(ct));
        targets.AddRange(await new ProofBenchmark(new ProofOptions { Minutes = 1 }).RunAsync(ct));
        Console.WriteLine($"""

            ## Ledger

            - command: `dotnet run -c Release --project tests/Evidently.Schema.Benchmarks -- ledger --rows {string.Join(',', options.Rows)} --runs {options.Runs}`
            - machine, versions and what was compared with what: above, at each
            """);
        Target.Write(Console.Out, targets);
    }
}
