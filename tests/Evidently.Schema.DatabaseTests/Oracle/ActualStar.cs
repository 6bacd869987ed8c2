using Npgsql;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>The star as it is in the database, in the same texts as the expected one.</summary>
internal sealed class ActualStar
{
    private const string Sentiment =
        "s.sentiment_label, s.sentiment_score::text, s.positive_sentences::text, s.negative_sentences::text";

    private ActualStar()
    {
    }

    public StarTables Tables { get; } = new();

    public static Task<ActualStar> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken = default) =>
        OneSnapshot.RunAsync(connection, ReadInTransactionAsync, cancellationToken);

    /// <summary>Reads within the caller's transaction, so that legacy can be read at the same snapshot.</summary>
    public static async Task<ActualStar> ReadInTransactionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var star = new ActualStar();
        var tables = star.Tables;
        await FillAsync(
            connection,
            tables.Facts,
            "SELECT collector_result_id::text, brand_id::text, customer_id::text, query_id::text, collector_type, topic,"
            + $" {OneSnapshot.Epoch("processed_at")}, {OneSnapshot.Epoch("created_at")} FROM public.metric_facts",
            values =>
            {
                values[5] = PgTime.Parse(values[5]).ToString();
                values[6] = PgTime.Parse(values[6]).ToString();
            },
            cancellationToken);
        await FillAsync(
            connection,
            tables.BrandMetrics,
            $"SELECT {Key(false)}, s.visibility_index::text, s.share_of_answers::text, s.has_brand_presence::text,"
            + " s.brand_first_position::text, s.brand_positions::text, s.total_brand_mentions::text, s.total_word_count::text"
            + From("brand_metrics"),
            _ => { },
            cancellationToken);
        await FillAsync(
            connection,
            tables.CompetitorMetrics,
            $"SELECT {Key(true)}, s.visibility_index::text, s.share_of_answers::text, s.competitor_positions::text,"
            + $" s.competitor_mentions::text{From("competitor_metrics")}",
            _ => { },
            cancellationToken);
        await FillAsync(
            connection, tables.BrandSentiment, $"SELECT {Key(false)}, {Sentiment}{From("brand_sentiment")}", Canonicalize, cancellationToken);
        await FillAsync(
            connection,
            tables.CompetitorSentiment,
            $"SELECT {Key(true)}, {Sentiment}{From("competitor_sentiment")}",
            Canonicalize,
            cancellationToken);
        await FillAsync(
            connection,
            tables.Rejected,
            "SELECT legacy_id, collector_result_id::text, reason FROM evidently_schema.rejected_rows",
            _ => { },
            cancellationToken);
        await ReadDailyAsync(connection, tables.Daily, cancellationToken);
        return star;
    }

    private static async Task ReadDailyAsync(NpgsqlConnection connection, StarTable daily, CancellationToken cancellationToken)
    {
        var columns = daily.Columns.Select(column => column is "first_response" or "last_response"
            ? OneSnapshot.Epoch(column)
            : $"{column}::text");
        var sql = "SELECT brand_id::text, customer_id::text, collector_type, extract(epoch FROM metric_date)::text,"
            + $" {string.Join(", ", columns)} FROM public.mv_brand_daily_metrics";
        await foreach (var row in OneSnapshot.QueryAsync(connection, sql, cancellationToken))
        {
            var values = row[4..];
            for (var i = 0; i < values.Length; i++)
            {
                var column = daily.Columns[i];
                values[i] = column is "first_response" or "last_response" ? PgTime.Parse(values[i]).ToString() : values[i];

                // A sum of nothing may be NULL or 0: the contract leaves it open.
                var isEmptySum = column.StartsWith("sum_", StringComparison.Ordinal) && values[i + 1] is "0";
                values[i] = isEmptySum && values[i] is "0" or "0.00" ? null : values[i];
            }

            daily.Add(StarTables.Key(row[0]!, row[1]!, row[2]!, PgTime.Parse(row[3])!.Value), values);
        }
    }

    private static async Task FillAsync(
        NpgsqlConnection connection, StarTable table, string sql, Action<string?[]> canonicalize, CancellationToken cancellationToken)
    {
        await foreach (var row in OneSnapshot.QueryAsync(connection, sql, cancellationToken))
        {
            var values = row[1..];
            canonicalize(values);
            table.Add(row[0]!, values);
        }
    }

    private static void Canonicalize(string?[] sentiment)
    {
        sentiment[2] = sentiment[2] is { } positive ? Json.Parse(positive).ToString() : null;
        sentiment[3] = sentiment[3] is { } negative ? Json.Parse(negative).ToString() : null;
    }

    private static string Key(bool withCompetitor) =>
        "coalesce(f.collector_result_id::text, 'no fact ' || s.metric_fact_id)" + (withCompetitor ? " || '/' || s.competitor_id" : string.Empty);

    private static string From(string table) => $" FROM public.{table} s LEFT JOIN public.metric_facts f ON f.id = s.metric_fact_id";
}
