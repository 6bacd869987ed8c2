using Evidently.Schema.Benchmarks.Backfill;
using Evidently.Schema.Testing;

namespace Evidently.Schema.Benchmarks.DualWrite;

/// <summary>The figures as Markdown.</summary>
internal sealed class DualWriteReport(TextWriter output)
{
    private const double AgainstPlan = 0.1;
    private const double MostMicroseconds = 10;
    private const double TimesAsFast = 5;
    private const double LessTime = 80;

    public async Task<IReadOnlyList<Target>> WriteAsync(
        PostgresServer server, DualWriteOptions options, IReadOnlyList<Costs> nothing, IReadOnlyList<Costs> ours, IReadOnlyList<Costs> plan, IReadOnlyList<Costs> star, CancellationToken ct)
    {
        output.WriteLine($"""
            ## Dual-write

            - command: `dotnet run -c Release --project tests/Evidently.Schema.Benchmarks -- dual-write --results {options.Results} --bulk-rows {options.BulkRows} --distance {options.Distance} --runs {options.Runs}`
            {await new Ground(server).WriteAsync(ct)}
            - median of {options.Runs} runs (range); contenders take turns, each on a fresh copy of one legacy database whose history is in its star
            - saved: DELETE, and one INSERT of 6 rows; sentiment: one UPDATE of the brand row and five of competitor rows; each statement its own transaction, prepared
            - away: what the client sends is held back on its way, as between two machines; a round trip is measured with SELECT 1
            - the plan's: its savePositionsToNewSchema in C# with Npgsql after each save, without PostgREST, statements prepared (in its favour); it follows no sentiment

            | | no dual-write | ours, in sync | the plan's | added by ours | added by the plan's |
            |---|---:|---:|---:|---:|---:|
            """);
        Row("a result saved, ms", costs => costs.Save, "N2");
        Row("its sentiment, ms", costs => costs.Sentiment, "N2");
        Row("bulk, µs a row", costs => costs.Bulk, "N1");
        var distance = $"{ours.Average(costs => costs.RoundTrip):N1} ms away";
        Row($"a result saved, {distance}, ms", costs => costs.FarSave, "N2");
        Row($"its sentiment, {distance}, ms", costs => costs.FarSentiment, "N2");
        var (alone, written) = (All(star, costs => costs.Star), All(plan, costs => costs.Star));
        var (farAlone, farWritten) = (All(star, costs => costs.FarStar), All(plan, costs => costs.FarStar));
        var (added, theirs) = (Added(ours, costs => costs.Save).Median, Added(plan, costs => costs.Save).Median);
        var (farAdded, farTheirs) = (Added(ours, costs => costs.FarSave).Median, Added(plan, costs => costs.FarSave).Median);
        var bulk = Added(ours, costs => costs.Bulk).Median;
        output.WriteLine($"""

            | the star alone, ms a result | PositionWriter, one call | the plan's statement-by-statement writer |
            |---|---:|---:|
            | on the server's machine | {alone.Text("N2")} | {written.Text("N2")} |
            | {distance} | {farAlone.Text("N2")} | {farWritten.Text("N2")} |
            """);
        var legacy = All(nothing, costs => costs.Save).Median;
        Target[] targets =
        [
            Tenth("added to a saved result, of what the plan's adds, application on the server's machine", added, theirs),
            Tenth($"the same, application {distance}", farAdded, farTheirs),
            AsFast("a result to the star alone, against the plan's statement-by-statement writer, application on the server's machine", alone.Median, written.Median),
            AsFast($"the same, application {distance}", farAlone.Median, farWritten.Median),
            new("added in bulk, a legacy row", $"{bulk:N1} µs", $"≤ {MostMicroseconds:N0} µs", bulk <= MostMicroseconds),
            Faster("the plan: write time, the star alone against legacy's DELETE and INSERT, application on the server's machine", alone.Median, legacy),
            Faster($"the same, application {distance}", farAlone.Median, All(nothing, costs => costs.FarSave).Median),
        ];
        Target.Write(output, targets);
        return targets;

        static Target Tenth(string what, double ours, double plans) => new(what, $"1/{plans / ours:N1}", "≤ 1/10", ours <= AgainstPlan * plans);

        static Target AsFast(string what, double ours, double plans) => new(what, $"{plans / ours:N1} × as fast", $"≥ {TimesAsFast:N0} ×", plans >= TimesAsFast * ours);

        static Target Faster(string what, double ours, double before) => new(what, $"{100 * (before - ours) / before:N0} % less", $"≥ {LessTime:N0} %", 100 * (before - ours) / before >= LessTime);

        void Row(string what, Func<Costs, double> cost, string format) => output.WriteLine(
            $"| {what} | {All(nothing, cost).Text(format)} | {All(ours, cost).Text(format)} | {All(plan, cost).Text(format)} | {Added(ours, cost).Text(format)} | {Added(plan, cost).Text(format)} |");

        Sample Added(IReadOnlyList<Costs> costs, Func<Costs, double> cost) => new([.. costs.Zip(nothing, (with, without) => cost(with) - cost(without))]);
    }

    private static Sample All(IReadOnlyList<Costs> costs, Func<Costs, double> cost) => new([.. costs.Select(cost)]);
}
