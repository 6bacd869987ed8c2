using Evidently.Schema.Testing;

namespace Evidently.Schema.Benchmarks.Backfill;

/// <summary>The figures as Markdown, with all it takes to judge and repeat them.</summary>
internal sealed class Report(TextWriter output)
{
    private const double AgainstGiant = 1.5;
    private const double AgainstScript = 100;
    private const double Flat = 0.15;
    private const double MostMemory = 150;
    private const double MostVerify = 15;
    private const double SmallerStorage = 84;
    private const double SmallerIndexes = 67;
    private const double FewerRows = 6;
    private const double Megabyte = 1 << 20;

    private static string PostgRest => PostgRestServer.FindBinary() is null ? $"left out, because neither {PostgRestServer.BinaryVariable} nor the PATH names the program" : "with a PostgREST on the same machine";

    public async Task WriteGroundAsync(PostgresServer server, BackfillOptions options, CancellationToken ct)
    {
        output.WriteLine($"""
            ## Backfill

            - command: `dotnet run -c Release --project tests/Evidently.Schema.Benchmarks -- backfill --rows {string.Join(',', options.Rows)} --runs {options.Runs} --script-results {options.ScriptResults} --workers {options.Workers}`
            {await new Ground(server).WriteAsync(ct)}
            - median of {options.Runs} runs (range); contenders take turns, each on a fresh copy of one legacy database without dirt, after ANALYZE and CHECKPOINT
            - ours: `SchemaMigrator` with {options.Workers} sessions that copy, connected, from its start at migration 205 to the end of 207: foreign keys detached, history copied and committed batch by batch, keys attached and validated
            - giant: one transaction of five `INSERT … SELECT` into the plan's tables, its foreign keys and indexes in place
            - script: the plan's script, row by row, in C# with Npgsql, as it is written: statements unprepared, a pause of 100 ms after every 500 results; once more in its favour, prepared and without pauses; and as it is written over PostgREST, as supabase-js sends it: {PostgRest}. Sampled in batches spread over history. Left out in all: the refresh at its end

            """);
    }

    public IReadOnlyList<Target> Write(IReadOnlyList<BackfillFigures> all)
    {
        WriteRates(all);
        WriteCosts(all);
        var targets = Targets(all);
        Target.Write(output, targets);
        return targets;
    }

    private static double Ratio(BackfillFigures figures, Sample? rate) => rate is null ? double.NaN : figures.OurRate.Median / rate.Median;

    private static string Times(double ratio) => double.IsNaN(ratio) ? "–" : $"{ratio:N1} ×";

    private static double Percent(long before, long after) => 100.0 * (before - after) / before;

    private void WriteRates(IReadOnlyList<BackfillFigures> all)
    {
        output.WriteLine("""
            | legacy rows | answer | ours, rows/s | ours, s | of it copying, s | giant, rows/s | ours : giant | script, rows/s | ours : script | ours : script, prepared, no pauses | script over PostgREST, rows/s | ours : script over PostgREST |
            |---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
            """);
        foreach (var figures in all)
        {
            var sampled = figures.ScriptResults < figures.Rows / BackfillOptions.RowsPerResult ? $" on {figures.ScriptResults:N0} results" : "";
            var script = figures.ScriptRate is null ? "–" : figures.ScriptRate.Text("N0") + sampled;
            output.WriteLine(
                $"| {figures.Rows:N0} | {figures.Answer:N0} B | {figures.OurRate.Text("N0")} | {figures.Ours.Text("N2")} | {figures.PureCopy.Text("N2")} " +
                $"| {figures.GiantRate?.Text("N0") ?? "–"} | {Times(Ratio(figures, figures.GiantRate))} | {script} | {Times(Ratio(figures, figures.ScriptRate))} " +
                $"| {Times(Ratio(figures, figures.ScriptRateInItsFavour))} | {figures.ScriptRateOverRest?.Text("N0") ?? "–"} | {Times(Ratio(figures, figures.ScriptRateOverRest))} |");
        }
    }

    private void WriteCosts(IReadOnlyList<BackfillFigures> all)
    {
        output.WriteLine("""

            | legacy rows | verify(), s | of the backfill | comparing columns as they stand, in parallel, mapping nothing, s | of the backfill | client peak working set, MB | managed heap, MB | legacy heap + indexes, MB | star heap + indexes, MB | storage smaller | indexes smaller |
            |---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
            """);
        foreach (var figures in all)
        {
            var sizes = figures.Sizes;
            output.WriteLine(
                $"| {figures.Rows:N0} | {figures.Verify.Text("N2")} | {figures.VerifyPercent.Text("N1")} % | {figures.CompareRaw.Text("N2")} | {figures.CompareRawPercent.Text("N1")} % | {figures.PeakWorkingSet.Select(bytes => bytes / Megabyte).Text("N0")} " +
                $"| {figures.ManagedHeap.Select(bytes => bytes / Megabyte).Text("N1")} | {sizes[0] / Megabyte:N0} + {sizes[1] / Megabyte:N0} | {sizes[2] / Megabyte:N0} + {sizes[3] / Megabyte:N0} " +
                $"| {Percent(sizes[0] + sizes[1], sizes[2] + sizes[3]):N1} % | {Percent(sizes[1], sizes[3]):N1} % |");
        }
    }

    private static List<Target> Targets(IReadOnlyList<BackfillFigures> all)
    {
        var targets = new List<Target>();
        foreach (var figures in all.Where(figures => figures.Giant is not null))
        {
            var rows = $"{figures.Rows:N0} rows";
            Line($"against one giant `INSERT … SELECT`, {rows}", Times(Ratio(figures, figures.GiantRate)), $"≥ {AgainstGiant:N1} ×", Ratio(figures, figures.GiantRate) >= AgainstGiant);
            Line($"against the plan's script, {rows}", Times(Ratio(figures, figures.ScriptRate)), $"≥ {AgainstScript:N0} ×", Ratio(figures, figures.ScriptRate) >= AgainstScript);
            Line($"the same, prepared and without its pauses, {rows}", Times(Ratio(figures, figures.ScriptRateInItsFavour)), $"≥ {AgainstScript:N0} ×", Ratio(figures, figures.ScriptRateInItsFavour) >= AgainstScript);
        }

        if (all.Count > 1)
        {
            var middle = all.Average(figures => figures.OurRate.Median);
            var worst = all.Max(figures => Math.Abs(figures.OurRate.Median - middle) / middle);
            Line($"rate from {all[0].Rows:N0} to {all[^1].Rows:N0} rows", $"± {worst:P0}", $"± {Flat:P0}", worst <= Flat);
        }

        var memory = all.Max(figures => figures.PeakWorkingSet.Median) / Megabyte;
        Line("client memory, peak working set", $"{memory:N0} MB", $"≤ {MostMemory:N0} MB", memory <= MostMemory);
        foreach (var figures in all)
        {
            Line($"full verification, {figures.Rows:N0} rows", $"{figures.VerifyPercent.Median:N1} % of the backfill", $"≤ {MostVerify:N0} %", figures.VerifyPercent.Median <= MostVerify);
        }

        // Judged where the answers are as long as the plan's.
        foreach (var figures in all.Where(figures => figures.Answer >= BackfillOptions.AnswerLength(1)))
        {
            var (heap, indexes) = (Percent(figures.Sizes[0] + figures.Sizes[1], figures.Sizes[2] + figures.Sizes[3]), Percent(figures.Sizes[1], figures.Sizes[3]));
            Line($"storage, star against legacy, {figures.Rows:N0} rows", $"{heap:N1} % smaller", $"≥ {SmallerStorage:N0} %", heap >= SmallerStorage);
            Line($"index size, star against legacy with its ten indexes, {figures.Rows:N0} rows", $"{indexes:N1} % smaller", $"≥ {SmallerIndexes:N0} %", indexes >= SmallerIndexes);
            var fewer = (double)figures.Rows / figures.StarRows;
            Line($"the plan: fewer rows a result, {figures.Rows:N0} legacy rows", $"{fewer:N2} ×: {figures.StarRows:N0} rows in five tables", $"≥ {FewerRows:N0} ×", fewer >= FewerRows);
        }

        return targets;

        void Line(string what, string measured, string target, bool reached) => targets.Add(new(what, measured, target, reached));
    }
}
