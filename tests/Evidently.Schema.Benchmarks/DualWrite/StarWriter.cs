using Evidently.Schema.Hosting;
using Npgsql;

namespace Evidently.Schema.Benchmarks.DualWrite;

/// <summary>The application's writer when legacy is archived and write_target is star: one call of <see cref="PositionWriter"/> a result.</summary>
internal sealed class StarWriter(NpgsqlDataSource source)
{
    private readonly PositionWriter _writer = new(source);

    /// <summary>What stands between phase 3 and a writer to the star alone.</summary>
    public static async Task ArchiveAsync(string connectionString, CancellationToken ct)
    {
        await using var migrator = SchemaMigrator.Create(new SchemaOptions { ConnectionString = connectionString });
        await migrator.MigrateAsync(Phase.Reads, ct);
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, CommandTimeout = 0 });
        await using var connection = await source.OpenConnectionAsync(ct);
        await Statement.ExecuteAsync(connection, "UPDATE evidently_schema.rejected_rows SET acknowledged = true", ct);
        await Statement.ExecuteAsync(connection, "UPDATE evidently_schema.read_routes SET star_percent = 100", ct);
        await migrator.MigrateAsync(Phase.Retire, ct);
        await Statement.ExecuteAsync(connection, "UPDATE evidently_schema.settings SET value = 'star' WHERE name = 'write_target'", ct);
    }

    /// <summary>A writer that wrote to legacy after all would be measured as something else.</summary>
    public static async Task RequireStarOnlyAsync(NpgsqlConnection connection, long firstId, int results, CancellationToken ct)
    {
        var written = await Statement.SelectAsync(connection, "SELECT count(*) AS results FROM evidently_schema.star_only_results WHERE collector_result_id >= $1", ct, firstId);
        if (written[0]["results"] is not long count || count != results)
        {
            throw new InvalidOperationException($"{written[0]["results"]} of {results} results were written to the star alone.");
        }
    }

    public async Task SaveAsync(ScoredResult result, CancellationToken ct) =>
        await _writer.SaveAsync(result.Id, Brand(result.Brand), [.. result.Competitors.Select(Competitor)], ct);

    private static BrandPosition Brand(Dictionary<string, object> row) => new()
    {
        BrandId = (Guid)row["brand_id"],
        CustomerId = (Guid)row["customer_id"],
        QueryId = (Guid)row["query_id"],
        CollectorType = (string)row["collector_type"],
        Topic = row["topic"] as string,
        ProcessedAt = row["processed_at"] as DateTime?,
        VisibilityIndex = row["visibility_index"] as decimal?,
        ShareOfAnswers = row["share_of_answers_brand"] as decimal?,
        HasPresence = row["has_brand_presence"] as bool?,
        FirstPosition = row["brand_first_position"] as int?,
        Positions = row["brand_positions"] as int[],
        TotalMentions = row["total_brand_mentions"] as int?,
        TotalWordCount = row["total_word_count"] as int?,
    };

    private static CompetitorPosition Competitor(Dictionary<string, object> row) => new()
    {
        CompetitorName = (string)row["competitor_name"],
        VisibilityIndex = row["visibility_index_competitor"] as decimal?,
        ShareOfAnswers = row["share_of_answers_competitor"] as decimal?,
        Positions = row["competitor_positions"] as int[],
        Mentions = row["competitor_mentions"] as int?,
    };
}
