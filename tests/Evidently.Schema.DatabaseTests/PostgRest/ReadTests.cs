using System.Net;
using System.Text.Json.Nodes;
using Evidently.Schema.DatabaseTests.Backfill;

namespace Evidently.Schema.DatabaseTests.PostgRest;

/// <summary>The pages' functions through a real PostgREST, called as docs/reads.md writes it.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ReadTests
{
    /// <summary>Of the star, with the notes by which it would be filled again, and until then legacy would answer.</summary>
    public const string Empty = "DELETE FROM metric_facts; DELETE FROM evidently_schema.change_notes";

    private const string Raise = "SELECT evidently_schema.verify(); UPDATE evidently_schema.read_routes SET star_percent = 100";

    /// <summary>That the star answers at 100 is seen by emptying it, which legacy does not notice.</summary>
    [Test]
    public async Task The_documents_calls_are_answered_as_in_SQL_from_legacy_at_0_and_from_the_star_at_100()
    {
        await using var rest = await Rest.StartAsync(Steps.Routed);
        var calls = await DocumentedCall.AllAsync(rest.Database);
        Assert.That(calls, Has.Count.EqualTo(8));

        foreach (var (percent, version) in new[] { (0, "legacy_"), (100, "star_"), (100, "nothing") })
        {
            if (percent == 100)
            {
                await rest.Database.ExecuteAsync(version is "nothing" ? Empty : Raise);
            }

            foreach (var call in calls)
            {
                var posted = (await rest.CallAsync(call.Function, call.Arguments)).Done();
                var got = (await rest.SendAsync("GET", call.Query)).Done();
                var expected = version is "nothing" ? "[]" : await rest.Database.ScalarAsync<string>($"SELECT coalesce(json_agg(t), '[]')::text FROM {call.Sql($"evidently_schema.{version}")} AS t");
                Assert.That(got.Text, Is.EqualTo(posted.Text), $"{call}");
                if (version is "nothing" && call.Function is "get_dashboard_metrics")
                {
                    Assert.That((long)posted.Json![0]!["total_responses"]!, Is.Zero);
                    continue;
                }

                Assert.That(JsonNode.DeepEquals(posted.Json, JsonNode.Parse(expected!)), $"{percent}: {call}: {posted.Text} and not {expected}");
                Assert.That(posted.Json!.AsArray(), version is "nothing" ? Is.Empty : Is.Not.Empty, $"{percent}: {call}");
            }
        }
    }

    [Test]
    public async Task A_page_is_one_object_lists_are_cut_at_max_rows_and_fetched_in_ranges()
    {
        await using var rest = await Rest.StartAsync(Steps.Routed, ("db-max-rows", "2"));
        var calls = (await DocumentedCall.AllAsync(rest.Database)).ToDictionary(call => call.Function, StringComparer.Ordinal);
        var dashboard = calls["get_dashboard_metrics"];
        Assert.That((await rest.SendAsync("POST", $"rpc/{dashboard.Function}", dashboard.Arguments, single: true)).Done().Json!.AsObject().ContainsKey("total_responses"));

        var sources = calls["get_source_metrics"];
        var all = await rest.Database.ListAsync($"SELECT collector_result_id FROM {sources.Sql("public.")} ORDER BY 1");
        Assert.That((await rest.CallAsync(sources.Function, sources.Arguments)).Done().Json!.AsArray(), Has.Count.EqualTo(2));
        var pages = new List<string>();
        for (var offset = 0; offset < all.Count; offset += 2)
        {
            var page = (await rest.SendAsync("POST", $"rpc/{sources.Function}?order=collector_result_id.asc&offset={offset}&limit=2", sources.Arguments)).Done();
            pages.AddRange(page.Json!.AsArray().Select(row => $"{row!["collector_result_id"]}"));
        }

        Assert.That(pages, Is.EqualTo(all).And.Count.GreaterThan(2));
    }

    [Test]
    public async Task Whom_the_host_has_not_let_in_reads_neither_a_page_nor_the_star()
    {
        await using var rest = await Rest.StartAsync(Steps.Routed);
        var calls = await DocumentedCall.AllAsync(rest.Database);
        foreach (var (role, status) in new[] { (null, HttpStatusCode.Unauthorized), ("authenticated", HttpStatusCode.Forbidden) })
        {
            foreach (var call in calls)
            {
                (await rest.CallAsync(call.Function, call.Arguments, role)).AssertRefused(status, "42501", call.Function);
            }

            foreach (var table in new[] { "metric_facts", "brand_metrics", "competitor_metrics", "brand_sentiment", "competitor_sentiment", "mv_brand_daily_metrics" })
            {
                (await rest.SendAsync("GET", $"{table}?select=*", role: role)).AssertRefused(status, "42501", table);
            }

            (await rest.SendAsync("GET", "change_notes", role: role, schema: "evidently_schema")).AssertRefused(status, "42501", "evidently_schema");
            (await rest.CallAsync("refresh_mv_brand_daily_metrics", [], role)).AssertRefused(status, "42501", "refresh_mv_brand_daily_metrics");
        }
    }

    [Test]
    public async Task What_comes_through_PostgREST_is_not_noted_for_shadow_mode_and_does_not_fail_by_it()
    {
        await using var rest = await Rest.StartAsync(Steps.Routed);
        await rest.Database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '1' WHERE name = 'shadow_sample'; UPDATE evidently_schema.read_routes SET shadow = true");
        foreach (var call in await DocumentedCall.AllAsync(rest.Database))
        {
            (await rest.CallAsync(call.Function, call.Arguments)).Done();
        }

        Assert.That(await rest.Database.ScalarAsync<long>("SELECT evidently_schema.run_shadow(20)"), Is.Zero);
    }

    /// <summary>The plan's adapter reads the star's tables themselves, one embedded in the other by the foreign key that phase 2 detaches for its copy.</summary>
    [Test]
    public async Task The_plans_own_reads_of_the_star_are_answered()
    {
        await using var rest = await Rest.StartAsync(Steps.Synced);
        var competitor = await rest.Database.ScalarAsync<int>("SELECT competitor_id FROM competitor_metrics ORDER BY 1 LIMIT 1");

        var trend = (await rest.SendAsync("GET", "competitor_metrics?select=metric_fact_id,visibility_index,share_of_answers,metric_facts!inner(processed_at,collector_type)"
            + $"&competitor_id=eq.{competitor}&metric_facts.processed_at=gte.2000-01-01&metric_facts.processed_at=lte.2100-01-01")).Done();

        Assert.That(trend.Json!.AsArray(), Has.Count.EqualTo(await rest.Database.ScalarAsync<long>($"SELECT count(*) FROM competitor_metrics WHERE competitor_id = {competitor}")).And.Not.Empty);
        Assert.That((string?)trend.Json![0]!["metric_facts"]!["collector_type"], Is.Not.Empty);
        Assert.That((bool)(await rest.CallAsync("refresh_mv_brand_daily_metrics", [])).Done().Json!);
        Assert.That(
            (await rest.SendAsync("GET", "mv_brand_daily_metrics?select=*&metric_date=gte.2000-01-01&metric_date=lte.2100-01-01")).Done().Json!.AsArray(),
            Has.Count.EqualTo(await rest.Database.ScalarAsync<long>("SELECT count(*) FROM mv_brand_daily_metrics")).And.Not.Empty);
    }
}
