using System.Text.Json.Nodes;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Reads;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class MetricsReaderTests
{
    private const string Waiting = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'extracted_positions'::regclass";

    private static readonly LegacyVariant[] Shapes =
    [
        new(),
        new() { LegacyId = LegacyIdType.Uuid, CompetitorId = CompetitorIdType.Uuid, Metrics = MetricType.DoublePrecision },
    ];

    [TestCaseSource(nameof(Shapes))]
    public async Task Every_method_gives_the_rows_of_its_function_by_either_route_and_says_by_which(LegacyVariant variant)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed, variant);
        await using var source = NpgsqlDataSource.Create(Unpooled(database.ConnectionString));
        var reader = new MetricsReader(source);
        var calls = await ReaderCall.AllAsync(database);
        using var heard = new HeardReads(database.ConnectionString);

        foreach (var route in new[] { "legacy", "star" })
        {
            if (route is "star")
            {
                await RaiseAsync(database);
            }

            heard.Clear();
            Assert.Multiple(async () =>
            {
                foreach (var call in calls)
                {
                    var read = await call.Read(reader, CancellationToken.None);
                    var plain = await call.PlainAsync(database, $"evidently_schema.{route}_");
                    Assert.That(JsonNode.DeepEquals(read, plain), $"{route}: {call.Function}({call.Arguments})\n{read}\n{plain}");
                }
            });
            Assert.That(heard.Activities, Is.EqualTo(calls.Select(call => $"{call.Function} {route}")));
            Assert.That(heard.Measured.Select(measured => measured.Read), Is.EqualTo(calls.Select(call => $"{call.Function} {route}")));
            Assert.That(heard.Measured.Select(measured => measured.Seconds), Is.All.Positive);
        }
    }

    [Test]
    public async Task The_calls_compared_have_rows_and_have_none()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);
        var rows = new List<(string Function, bool Any)>();
        foreach (var call in await ReaderCall.AllAsync(database))
        {
            rows.Add((call.Function, (await call.PlainAsync(database, "public.")).Count > 0));
        }

        Assert.That(rows.Where(row => row.Any).Select(row => row.Function).Distinct(StringComparer.Ordinal).Count(), Is.EqualTo(8));
        Assert.That(rows.Where(row => !row.Any).Select(row => row.Function).Distinct(StringComparer.Ordinal).Count(), Is.EqualTo(7), "the dashboard always has a row");
    }

    [Test]
    public async Task A_mean_over_nothing_is_null()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);
        await using var source = NpgsqlDataSource.Create(Unpooled(database.ConnectionString));

        var figures = await new MetricsReader(source).GetDashboardMetricsAsync(Guid.Empty, Guid.Empty, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue);

        Assert.That(figures, Is.EqualTo(new DashboardMetrics { Visibility = null, ShareOfAnswers = null, Sentiment = null, BrandPresence = null, TotalResponses = 0, Prompts = 0 }));
    }

    /// <summary>A prompt's mean of 0.01 over a million results has 28 decimals; with a second prompt's the mean of both has 30 digits.</summary>
    [Test]
    public async Task A_mean_of_means_with_more_digits_than_a_decimal_is_rounded_to_20_decimals()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);
        await database.ExecuteAsync(
            """
            CREATE OR REPLACE FUNCTION evidently_schema.legacy_get_dashboard_metrics(p_brand_id uuid, p_customer_id uuid, p_from timestamptz, p_to timestamptz, p_collector_types text[] DEFAULT NULL)
            RETURNS TABLE (visibility numeric, share_of_answers numeric, sentiment numeric, brand_presence numeric, total_responses bigint, prompts bigint) LANGUAGE sql STABLE
            AS $$SELECT 100 * avg(m.mean), 1.0, avg(m.mean * 100), 1.0, 1000001::bigint, count(*) FROM (VALUES (0.01::numeric / 1000000), (0.99)) AS m (mean)$$
            """);
        await using var source = NpgsqlDataSource.Create(Unpooled(database.ConnectionString));

        var figures = await new MetricsReader(source).GetDashboardMetricsAsync(Guid.Empty, Guid.Empty, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue);

        Assert.That((figures.Visibility, figures.Sentiment), Is.EqualTo((49.5000005m, 49.5000005m)));
    }

    [Test]
    public async Task Before_phase_4_it_says_what_to_do()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await using var source = NpgsqlDataSource.Create(Unpooled(database.ConnectionString));
        var reader = new MetricsReader(source);
        using var heard = new HeardReads(database.ConnectionString);
        var calls = await ReaderCall.AllAsync(database);

        foreach (var call in calls)
        {
            var refusal = (await Assert.ThrowsAsync<SchemaException>(() => call.Read(reader, CancellationToken.None)))!;
            Assert.That((refusal.Error, refusal.Phase, refusal.SqlState), Is.EqualTo((SchemaError.WrongState, Phase.Reads, PostgresErrorCodes.UndefinedFunction)));
            Assert.That(refusal.Message, Is.EqualTo($"Reading {call.Function}: public.{call.Function} is not there. Migrate to phase Reads first."));
        }

        Assert.That(heard.Activities, Is.EqualTo(calls.Select(call => $"{call.Function} 42883")));
        Assert.That(heard.Measured.Select(measured => measured.Read), Is.EqualTo(heard.Activities));
    }

    [Test]
    public async Task Who_has_no_right_is_told_what_the_owner_types()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed, new LegacyVariant { SupabaseRoles = true });
        await using var source = NpgsqlDataSource.Create(Unpooled(database.AdminConnectionString) + ";Options=-c role=authenticated");
        var reader = new MetricsReader(source);

        var refusal = (await Assert.ThrowsAsync<SchemaException>(() => reader.GetSourceMetricsAsync(Guid.Empty, null)))!;
        await database.ExecuteAsync("SELECT evidently_schema.allow_reads('authenticated')");

        Assert.That((refusal.Error, refusal.Phase), Is.EqualTo((SchemaError.MissingRights, Phase.Reads)));
        Assert.That(refusal.Message, Does.Contain("permission denied for function get_source_metrics").And.Contain("SELECT evidently_schema.allow_reads('role')"));
        foreach (var call in await ReaderCall.AllAsync(database))
        {
            var read = await call.Read(reader, CancellationToken.None);
            Assert.That(JsonNode.DeepEquals(read, await call.PlainAsync(database, "public.")), $"{call.Function}({call.Arguments})");
        }
    }

    /// <summary>PostgREST runs STABLE functions in read-only transactions: there is nothing to note then, and nothing fails.</summary>
    [Test]
    public async Task A_read_only_transaction_is_answered_and_noted_nowhere()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed, new LegacyVariant { SupabaseRoles = true });
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '1' WHERE name = 'shadow_sample'; UPDATE evidently_schema.read_routes SET shadow = true");
        var calls = await ReaderCall.AllAsync(database);
        foreach (var (mode, noted) in new[] { ("on", 0), ("off", calls.Count) })
        {
            await using var source = NpgsqlDataSource.Create(Unpooled(database.AdminConnectionString) + $";Options=-c role=service_role -c default_transaction_read_only={mode}");
            var reader = new MetricsReader(source);
            foreach (var call in calls)
            {
                await call.Read(reader, CancellationToken.None);
            }

            Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.shadow_calls"), Is.EqualTo(noted), $"read-only {mode}");
        }
    }

    [Test]
    public async Task What_the_database_says_and_what_NET_does_not_hold_are_typed()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);
        await using var source = NpgsqlDataSource.Create(Unpooled(database.ConnectionString) + ";Options=-c lock_timeout=10");
        await using var nowhere = NpgsqlDataSource.Create("Host=nowhere.invalid");
        var reader = new MetricsReader(source);

        await using (var holder = await database.OpenAsync("BEGIN; LOCK TABLE extracted_positions"))
        {
            Assert.That((await Assert.ThrowsAsync<SchemaException>(() => reader.GetKeywordPresenceAsync([1])))!.Error, Is.EqualTo(SchemaError.LockTimeout));
        }

        await database.ExecuteAsync("UPDATE extracted_positions SET created_at = '20000-01-01' WHERE collector_result_id = 1");
        var beyond = (await Assert.ThrowsAsync<SchemaException>(() => reader.GetKeywordPresenceAsync([1])))!;

        Assert.That((beyond.Error, beyond.Phase), Is.EqualTo((SchemaError.Database, Phase.Reads)));
        Assert.That(beyond.Message, Does.StartWith("Reading get_keyword_presence: a value is beyond what .NET holds"));
        Assert.That((await Assert.ThrowsAsync<SchemaException>(() => new MetricsReader(nowhere).GetKeywordPresenceAsync([1])))!.Error, Is.EqualTo(SchemaError.Unreachable));
        await Assert.ThrowsAsync<ArgumentNullException>(() => reader.GetCompetitorVisibilityTrendAsync(Guid.Empty, null!, default, default));
    }

    [Test]
    public async Task A_cancelled_read_ends_at_the_server()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);
        await using var source = NpgsqlDataSource.Create(Unpooled(database.ConnectionString));
        var reader = new MetricsReader(source);
        var calls = await ReaderCall.AllAsync(database);
        await using var holder = await database.OpenAsync("BEGIN; LOCK TABLE extracted_positions");
        foreach (var call in calls.DistinctBy(call => call.Function, StringComparer.Ordinal))
        {
            using var cancellation = new CancellationTokenSource();
            var reading = call.Read(reader, cancellation.Token);
            await Eventually.Holds(() => database.ScalarAsync<bool>($"SELECT EXISTS ({Waiting})"), "it waits");

            await cancellation.CancelAsync();

            await Assert.CatchAsync<OperationCanceledException>(() => reading);
            await Eventually.Holds(() => database.ScalarAsync<bool>($"SELECT NOT EXISTS ({Waiting})"), "it waits no longer");
        }
    }

    [Test]
    public async Task A_registered_reader_takes_the_hosts_own_data_source_where_there_is_one()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);
        foreach (var own in new[] { true, false })
        {
            var services = new ServiceCollection().AddEvidentlySchema(options => options.ConnectionString = own ? "Host=nowhere.invalid" : Unpooled(database.ConnectionString));
            if (own)
            {
                services.AddSingleton(NpgsqlDataSource.Create(Unpooled(database.ConnectionString)));
            }

            await using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });

            Assert.That(await provider.GetRequiredService<MetricsReader>().GetKeywordPresenceAsync([1, 2]), Has.Count.EqualTo(2));
        }
    }

    private static async Task RaiseAsync(StarDatabase database)
    {
        await database.ExecuteAsync("SELECT * FROM evidently_schema.verify()");
        await database.ExecuteAsync("UPDATE evidently_schema.read_routes SET star_percent = 100");
    }

    private static string Unpooled(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString;
}
