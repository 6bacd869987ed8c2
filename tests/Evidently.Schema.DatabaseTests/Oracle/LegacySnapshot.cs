using System.Globalization;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>Everything the star depends on, read with plain SELECTs in one REPEATABLE READ transaction.</summary>
internal sealed class LegacySnapshot
{
    private static readonly string[] Required =
    [
        "id", "collector_result_id", "brand_id", "customer_id", "query_id", "collector_type", "competitor_name",
        "processed_at", "created_at", "visibility_index", "visibility_index_competitor", "share_of_answers_brand",
        "share_of_answers_competitor", "has_brand_presence", "brand_first_position", "brand_positions",
        "competitor_positions", "total_brand_mentions", "competitor_mentions", "total_word_count",
    ];

    private static readonly string[] Optional =
    [
        "topic", "metadata", "sentiment_label", "sentiment_score", "sentiment_positive_sentences",
        "sentiment_negative_sentences", "sentiment_label_competitor", "sentiment_score_competitor",
        "sentiment_positive_sentences_competitor", "sentiment_negative_sentences_competitor",
    ];

    private LegacySnapshot(IReadOnlyDictionary<string, string> columnTypes) => ColumnTypes = columnTypes;

    /// <summary>pg_type.typname by column of the legacy table.</summary>
    public IReadOnlyDictionary<string, string> ColumnTypes { get; }

    public List<LegacyRow> Rows { get; } = [];

    /// <summary>customer_id by brand.</summary>
    public Dictionary<string, string?> Brands { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Customers { get; } = new(StringComparer.Ordinal);

    /// <summary>topic by query, NULL where there is no such column.</summary>
    public Dictionary<string, string?> Queries { get; } = new(StringComparer.Ordinal);

    public HashSet<long> Results { get; } = [];

    /// <summary>id by brand and name.</summary>
    public Dictionary<(string BrandId, string Name), string> Competitors { get; } = [];

    public static Task<LegacySnapshot> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken = default) =>
        OneSnapshot.RunAsync(connection, ReadInTransactionAsync, cancellationToken);

    /// <summary>Reads within the caller's transaction, so that the star can be read at the same snapshot.</summary>
    public static async Task<LegacySnapshot> ReadInTransactionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var types = await TypesAsync(connection, "extracted_positions", cancellationToken);
        var missing = Required.Where(column => !types.ContainsKey(column)).ToList();
        if (missing.Count > 0)
        {
            throw new InvalidOperationException($"extracted_positions lacks {string.Join(", ", missing)}");
        }

        var snapshot = new LegacySnapshot(types);
        await snapshot.ReadRowsAsync(connection, cancellationToken);
        await snapshot.ReadParentsAsync(connection, cancellationToken);
        return snapshot;
    }

    private async Task ReadRowsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var columns = Required.Concat(Optional.Where(ColumnTypes.ContainsKey)).Where(column => column is not "metadata").ToList();
        var expressions = columns.ConvertAll(column => column is "processed_at" or "created_at"
            ? OneSnapshot.Epoch(column)
            : $"{column}::text");
        if (ColumnTypes.ContainsKey("metadata"))
        {
            columns.Add("metadata.topic_name");
            expressions.Add("metadata ->> 'topic_name'");
        }

        var sql = $"SELECT {string.Join(", ", expressions)} FROM public.extracted_positions";
        await foreach (var values in OneSnapshot.QueryAsync(connection, sql, cancellationToken))
        {
            Rows.Add(new(columns.Zip(values).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal)));
        }
    }

    private async Task ReadParentsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await foreach (var values in OneSnapshot.QueryAsync(
            connection, "SELECT id::text, customer_id::text FROM public.brands", cancellationToken))
        {
            Brands.Add(values[0]!, values[1]);
        }

        await foreach (var values in OneSnapshot.QueryAsync(connection, "SELECT id::text FROM public.customers", cancellationToken))
        {
            Customers.Add(values[0]!);
        }

        var queryTypes = await TypesAsync(connection, "generated_queries", cancellationToken);
        var topic = queryTypes.ContainsKey("topic") ? "topic::text" : "NULL::text";
        await foreach (var values in OneSnapshot.QueryAsync(
            connection, $"SELECT id::text, {topic} FROM public.generated_queries", cancellationToken))
        {
            Queries.Add(values[0]!, values[1]);
        }

        await foreach (var values in OneSnapshot.QueryAsync(
            connection, "SELECT id::text FROM public.collector_results", cancellationToken))
        {
            Results.Add(long.Parse(values[0]!, CultureInfo.InvariantCulture));
        }

        await foreach (var values in OneSnapshot.QueryAsync(
            connection,
            "SELECT id::text, brand_id::text, competitor_name FROM public.brand_competitors"
            + " WHERE brand_id IS NOT NULL AND competitor_name IS NOT NULL",
            cancellationToken))
        {
            Competitors.Add((values[1]!, values[2]!), values[0]!);
        }
    }

    private static async Task<Dictionary<string, string>> TypesAsync(
        NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        var sql = "SELECT a.attname::text, t.typname::text FROM pg_catalog.pg_attribute a"
            + " JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
            + $" WHERE a.attrelid = 'public.{table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped";
        await foreach (var values in OneSnapshot.QueryAsync(connection, sql, cancellationToken))
        {
            types.Add(values[0]!, values[1]!);
        }

        return types;
    }
}
