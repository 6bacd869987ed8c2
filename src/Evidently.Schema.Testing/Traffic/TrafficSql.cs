namespace Evidently.Schema.Testing.Traffic;

/// <summary>A statement of the application: what it is called in the record, and its text.</summary>
internal sealed record TrafficSql(string Name, string Text)
{
    private const string Columns =
        "collector_result_id, brand_id, customer_id, query_id, collector_type, competitor_name, visibility_index, visibility_index_competitor,"
        + " share_of_answers_brand, share_of_answers_competitor, has_brand_presence, total_brand_mentions, competitor_mentions, total_word_count,"
        + " processed_at, created_at";

    /// <summary>The application's own tables: what their foreign keys refuse is the application's business.</summary>
    public static readonly HashSet<string?> OwnTables =
        new(StringComparer.Ordinal) { "extracted_positions", "extracted_positions_archived", "collector_results", "generated_queries", "brand_competitors", "brands" };

    public static readonly TrafficSql AddCustomer = new("add customer", "INSERT INTO customers (name) VALUES ('traffic') RETURNING id");

    public static readonly TrafficSql AddBrand = new("add brand", "INSERT INTO brands (customer_id, name) VALUES ($1, 'traffic') RETURNING id");

    public static readonly TrafficSql AddPrompt = new(
        "add prompt", "INSERT INTO generated_queries (brand_id, customer_id, query_text, topic) VALUES ($1, $2, '?', $3) RETURNING id");

    public static readonly TrafficSql AddCompetitor = new("add competitor", "INSERT INTO brand_competitors (brand_id, competitor_name) VALUES ($1, $2)");

    /// <summary>The collector's, before anything is scored.</summary>
    public static readonly TrafficSql Collect = new(
        "collect", "INSERT INTO collector_results (brand_id, customer_id, query_id, collector_type, raw_answer) VALUES ($1, $2, $3, $4, 'an answer') RETURNING id");

    /// <summary>Always, even when there are none.</summary>
    public static readonly TrafficSql Delete = new("delete", "DELETE FROM extracted_positions WHERE collector_result_id = $1");

    public static readonly TrafficSql SentimentOfBrand = new(
        "sentiment of brand",
        "UPDATE extracted_positions SET sentiment_label = $2, sentiment_score = $3 WHERE collector_result_id = $1 AND competitor_name IS NULL");

    public static readonly TrafficSql SentimentOfCompetitor = new(
        "sentiment of competitor",
        "UPDATE extracted_positions SET sentiment_label_competitor = $2, sentiment_score_competitor = $3 WHERE collector_result_id = $1 AND competitor_name = $4");

    /// <summary>Its rows take the place of all that the result has.</summary>
    public static readonly TrafficSql Save = new(
        "save_positions",
        """
        SELECT evidently_schema.save_positions($1, r.brand, (SELECT coalesce(jsonb_agg(r.brand || jsonb_build_object('competitor_name', n.name,
            'visibility_index_competitor', 0.25, 'share_of_answers_competitor', 12.5, 'competitor_mentions', 1)), '[]') FROM unnest($7::text[]) AS n (name)))
        FROM (SELECT jsonb_build_object('brand_id', $2::uuid, 'customer_id', $3::uuid, 'query_id', $4::uuid, 'collector_type', $5::text, 'visibility_index', 0.5,
            'share_of_answers_brand', 50.5, 'has_brand_presence', true, 'total_brand_mentions', 3, 'total_word_count', $6::integer,
            'processed_at', now(), 'created_at', now()) AS brand) AS r
        """);

    public static readonly TrafficSql DeleteResult = new("delete result", "DELETE FROM collector_results WHERE id = $1");

    public static readonly TrafficSql DeletePrompt = new("delete prompt", "DELETE FROM generated_queries WHERE id = $1");

    public static readonly TrafficSql DeleteBrand = new("delete brand", "DELETE FROM brands WHERE id = $1");

    public static readonly TrafficSql DeleteCompetitor = new("delete competitor", "DELETE FROM brand_competitors WHERE brand_id = $1 AND competitor_name = $2");

    public static readonly TrafficSql RenameCompetitor = new(
        "rename competitor", "UPDATE brand_competitors SET competitor_name = $3 WHERE brand_id = $1 AND competitor_name = $2");

    public static readonly TrafficSql MoveBrand = new("move brand", "UPDATE brands SET customer_id = $2 WHERE id = $1");

    public static readonly TrafficSql RenameTopic = new("rename topic", "UPDATE generated_queries SET topic = $2 WHERE id = $1");

    private static readonly TrafficSql[] Inserts = [.. Enumerable.Range(0, TrafficWorld.MostCompetitors + 1).Select(InsertOf)];

    /// <summary>One INSERT of a brand row and, after it, a row a competitor: $1 to $6 are the result, brand, customer, prompt, collector and token, then the
    /// names.</summary>
    public static TrafficSql Insert(int competitors) => Inserts[competitors];

    private static TrafficSql InsertOf(int competitors)
    {
        const string Row = "($1::bigint, $2::uuid, $3::uuid, $4::uuid, $5::text, {0}, 0.5, {1}, 50.5, {2}, true, 3, {3}, $6::integer, now(), now())";
        var rows = Enumerable.Range(0, competitors).Select(n => string.Format(null, Row, $"${n + 7}::text", "0.25", "12.5", "1"))
            .Prepend(string.Format(null, Row, "NULL", "NULL", "NULL", "NULL"));
        return new TrafficSql("insert", $"INSERT INTO extracted_positions ({Columns}) VALUES {string.Join(", ", rows)}");
    }
}
