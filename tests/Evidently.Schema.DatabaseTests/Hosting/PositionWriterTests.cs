using System.Text.Json.Nodes;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Hosting;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class PositionWriterTests
{
    private static readonly LegacyVariant[] Shapes =
    [
        new(),
        new() { Positions = PositionsType.Jsonb, LegacyId = LegacyIdType.Uuid, CompetitorId = CompetitorIdType.Uuid, Metrics = MetricType.DoublePrecision },
    ];

    [TestCaseSource(nameof(Shapes))]
    public async Task A_saved_result_is_in_legacy_and_in_the_star_and_keeps_its_fact(LegacyVariant variant)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced, variant);
        await using var source = NpgsqlDataSource.Create(Unpooled(database));
        var writer = new PositionWriter(source);
        var (brand, competitors) = await Positions.OfResultAsync(database, 1);
        var fact = await database.ScalarAsync<long>("SELECT id FROM metric_facts WHERE collector_result_id = 1");

        var rows = await writer.SaveAsync(1, brand, competitors);

        Assert.That(rows, Is.EqualTo(1 + competitors.Length));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.change_notes"), Is.Zero, "notes");
        Assert.That(
            await database.ListAsync(
                """
                SELECT concat_ws('|', f.id, f.collector_type, f.topic, to_char(f.processed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), m.visibility_index, m.share_of_answers,
                    m.has_brand_presence, m.brand_first_position, m.brand_positions, m.total_brand_mentions, m.total_word_count,
                    s.sentiment_label, s.sentiment_score, s.positive_sentences, s.negative_sentences)
                FROM metric_facts AS f JOIN brand_metrics AS m ON m.metric_fact_id = f.id JOIN brand_sentiment AS s ON s.metric_fact_id = f.id
                WHERE f.collector_result_id = 1
                """),
            Is.EqualTo(new[] { $$"""{{fact}}|written|a topic|2026-03-02 01:30|0.42|61.25|t|3|{3,17}|2|240|POSITIVE|81.00|["It's \"good\"."]|[]""" }));
        Assert.That(
            await database.ListAsync(
                """
                SELECT concat_ws('|', m.visibility_index, m.share_of_answers, m.competitor_positions, m.competitor_mentions, s.sentiment_label, s.sentiment_score, s.negative_sentences)
                FROM metric_facts AS f JOIN competitor_metrics AS m ON m.metric_fact_id = f.id
                JOIN competitor_sentiment AS s ON s.metric_fact_id = f.id AND s.competitor_id = m.competitor_id
                WHERE f.collector_result_id = 1 ORDER BY m.share_of_answers
                """),
            Is.EqualTo(new[] { """0.00|10.00|{5,6}|2|NEGATIVE|12.50|["Not good."]""", """0.10|11.00|{5,6}|2|NEGATIVE|12.50|["Not good."]""" }));
        await database.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        await database.AssertStarAsync();
    }

    [Test]
    public async Task Competitor_rows_repeat_the_brands_values_and_not_its_sentiment()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await using var source = NpgsqlDataSource.Create(Unpooled(database));
        var (brand, competitors) = await Positions.OfResultAsync(database, 1);
        competitors[0] = competitors[0] with { Additional = new Dictionary<string, JsonNode?>(StringComparer.Ordinal) { ["total_competitor_product_mentions"] = 4, ["raw_answer"] = null } };

        await new PositionWriter(source).SaveAsync(1, brand, competitors);

        Assert.That(
            await database.ListAsync(
                """
                SELECT concat_ws('|', visibility_index, share_of_answers_brand, has_brand_presence, brand_positions, total_brand_mentions, total_word_count, topic,
                    metadata, coalesce(raw_answer, 'none'), coalesce(sentiment_label, 'none'), coalesce(total_competitor_product_mentions::text, 'none'))
                FROM extracted_positions WHERE collector_result_id = 1 ORDER BY id
                """),
            Is.EqualTo(new[]
            {
                """0.42|61.25|t|{3,17}|2|240|a topic|{"topic_name": "other"}|the answer|positive|none""",
                """0.42|61.25|t|{3,17}|2|240|a topic|{"topic_name": "other"}|none|none|4""",
                """0.42|61.25|t|{3,17}|2|240|a topic|{"topic_name": "other"}|the answer|none|none""",
            }));
    }

    [Test]
    public async Task What_is_not_given_is_left_to_the_columns_default()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await using var source = NpgsqlDataSource.Create(Unpooled(database));
        var (brand, _) = await Positions.OfResultAsync(database, 1);

        await new PositionWriter(source).SaveAsync(1, new BrandPosition { BrandId = brand.BrandId, CustomerId = brand.CustomerId, QueryId = brand.QueryId, CollectorType = "bare" }, []);

        Assert.That(await database.ScalarAsync<bool>("SELECT processed_at > now() - interval '1 hour' AND topic IS NULL FROM extracted_positions WHERE collector_result_id = 1"));
        await database.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        await database.AssertStarAsync();
    }

    [Test]
    public async Task What_the_caller_does_wrong_is_refused_before_the_database_is_asked()
    {
        await using var source = NpgsqlDataSource.Create("Host=nowhere.invalid");
        var writer = new PositionWriter(source);
        var brand = new BrandPosition { BrandId = Guid.Empty, CustomerId = Guid.Empty, QueryId = Guid.Empty, CollectorType = "c" };
        Dictionary<string, JsonNode?> Column(string name) => new(StringComparer.Ordinal) { [name] = 1 };

        await Assert.ThrowsAsync<ArgumentException>(() => writer.SaveAsync(1, brand, [new CompetitorPosition { CompetitorName = " " }]));
        foreach (var column in new[] { "id", "collector_result_id", "competitor_name", "visibility_index", "share_of_answers_brand", "sentiment_negative_sentences_competitor" })
        {
            Assert.That((await Assert.ThrowsAsync<ArgumentException>(() => writer.SaveAsync(1, brand with { Additional = Column(column) }, [])))!.Message, Does.StartWith(column));
            await Assert.ThrowsAsync<ArgumentException>(() => writer.SaveAsync(1, brand, [new CompetitorPosition { CompetitorName = "c", Additional = Column(column) }]));
        }

        Assert.That((await Assert.ThrowsAsync<SchemaException>(() => writer.SaveAsync(1, brand, [])))!.Error, Is.EqualTo(SchemaError.Unreachable));
    }

    [Test]
    public async Task What_the_database_refuses_is_typed_and_saves_nothing()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await using var source = NpgsqlDataSource.Create(Unpooled(database));
        var writer = new PositionWriter(source);
        var (brand, competitors) = await Positions.OfResultAsync(database, 1);
        const string Rows = "SELECT md5(string_agg(e::text, '|' ORDER BY id)) FROM extracted_positions AS e";
        var before = await database.ScalarAsync<string>(Rows);

        await AssertRefusedAsync(SchemaError.WrongState, "Migrate to phase DualWrite first", brand);
        await database.MigrateAsync(Phase.DualWrite);
        await AssertRefusedAsync(SchemaError.Database, "42703", brand with { Additional = new Dictionary<string, JsonNode?>(StringComparer.Ordinal) { ["no_such_column"] = 1 } });
        await AssertRefusedAsync(SchemaError.Database, "23503", brand with { BrandId = Guid.NewGuid() });
        await database.ExecuteAsync("ALTER TABLE brand_metrics RENAME TO elsewhere; UPDATE evidently_schema.settings SET value = 'strict' WHERE name = 'dual_write'");
        await AssertRefusedAsync(SchemaError.NotProjected, "dual_write is strict", brand);

        Assert.That(await database.ScalarAsync<string>(Rows), Is.EqualTo(before));

        async Task AssertRefusedAsync(SchemaError error, string message, BrandPosition position)
        {
            var exception = (await Assert.ThrowsAsync<SchemaException>(() => writer.SaveAsync(1, position, competitors)))!;
            Assert.That(exception.Error, Is.EqualTo(error), exception.Message);
            Assert.That(exception.Phase, Is.EqualTo(Phase.DualWrite));
            Assert.That(exception.Message, Does.StartWith("Saving the positions of result 1: ").Or.StartWith("Saving the positions of result 1 ").And.Contain(message));
        }
    }

    [Test]
    public async Task A_cancelled_save_saves_nothing()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await using var source = NpgsqlDataSource.Create(Unpooled(database));
        var (brand, competitors) = await Positions.OfResultAsync(database, 1);
        await using var holder = await database.OpenAsync("BEGIN; LOCK TABLE extracted_positions");
        using var cancellation = new CancellationTokenSource();

        var saving = new PositionWriter(source).SaveAsync(1, brand, competitors, cancellation.Token);
        await Eventually.Holds(() => database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'extracted_positions'::regclass)"), "it waits");
        await cancellation.CancelAsync();

        await Assert.CatchAsync<OperationCanceledException>(() => saving);
        await holder.ExecuteAsync("COMMIT");
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_type = 'written'"), Is.Zero);
    }

    [Test]
    public async Task A_registered_writer_takes_the_hosts_own_data_source_where_there_is_one()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        var (brand, _) = await Positions.OfResultAsync(database, 1);
        foreach (var own in new[] { true, false })
        {
            var services = new ServiceCollection().AddEvidentlySchema(options => options.ConnectionString = own ? "Host=nowhere.invalid" : Unpooled(database));
            if (own)
            {
                services.AddSingleton(NpgsqlDataSource.Create(Unpooled(database)));
            }

            await using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });

            Assert.That(await provider.GetRequiredService<PositionWriter>().SaveAsync(1, brand, []), Is.EqualTo(1));
        }
    }

    private static string Unpooled(StarDatabase database) => new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false }.ConnectionString;
}
