using CsCheck;
using static Evidently.Schema.DatabaseTests.Model.World;

namespace Evidently.Schema.DatabaseTests.Model;

/// <summary>What the application says, in all the orders that occur, with all the dirt.</summary>
internal static class Statements
{
    private const string Columns =
        "collector_result_id, brand_id, customer_id, query_id, collector_type, competitor_name, processed_at, created_at, topic, visibility_index,"
        + " sentiment_label, sentiment_score, sentiment_positive_sentences, visibility_index_competitor, sentiment_label_competitor,"
        + " sentiment_score_competitor, sentiment_positive_sentences_competitor, total_brand_mentions";

    public static readonly Gen<int> Result = Gen.Int[1, Results];

    private static readonly Gen<string> Name = Quoted("Acme", "Beta", "Coda", "Nobody knows");
    private static readonly Gen<string> Brand = Gen.Frequency((8, $"'{BrandOne}'"), (3, $"'{BrandTwo}'"), (1, "NULL"), (1, $"'{Nobody}'"));
    private static readonly Gen<string> Customer = Gen.Frequency((6, $"'{CustomerOne}'"), (3, $"'{CustomerTwo}'"), (3, "NULL"));
    private static readonly Gen<string> Query =
        Gen.Frequency((6, $"'{QueryOne}'"), (4, $"'{QueryTwo}'"), (3, $"'{QueryThree}'"), (1, "NULL"), (1, $"'{Nobody}'"));

    private static readonly Gen<string> Metric =
        Gen.Frequency((4, "0.5"), (4, "0.25"), (2, "NULL"), (1, "0.125"), (1, "'NaN'"), (1, "1000"), (1, "1e300"), (1, "-999.99"));

    private static readonly Gen<string> Score = Gen.Frequency((4, "55"), (4, "NULL"), (2, "0"), (1, "-0.5"), (1, "'NaN'"), (1, "5555"));
    private static readonly Gen<string> Label =
        Gen.Frequency((4, "'POSITIVE'"), (4, "NULL"), (2, "' negative'"), (1, "'MIXED'"), (1, "''"));

    private static readonly Gen<string> Sentences = Gen.Frequency(
        (6, "NULL"), (3, """'["good"]'"""), (2, """'"[\"text\"]"'"""), (1, """'"[broken"'"""), (1, "'{}'"), (1, "'null'"), (1, "'[]'"));

    // The long one is compressed neither by the table nor by the index on it: only the INSERT can refuse it.
    private static readonly Gen<string> Topic = Gen.Frequency(
        (6, "NULL"), (4, "'t1'"), (3, "'t2'"), (2, "' '"),
        (1, "(SELECT string_agg(md5(g::text), '') FROM generate_series(1, 600) AS g)"));

    private static readonly Gen<string> Time =
        Gen.Frequency((5, "'2025-03-01 12:00Z'"), (3, "'2025-03-02 12:00Z'"), (1, "NULL"), (1, "'2025-03-01 23:30-05'"));

    private static readonly Gen<string> CollectorType = Gen.Frequency((6, "'chatgpt'"), (3, "'gemini'"), (1, "NULL"));
    private static readonly Gen<string> NoName = Gen.Frequency((6, "NULL"), (1, "''"), (1, "'  '"));
    private static readonly Gen<string> One = Result.Select(r => $"collector_result_id = {r}");

    /// <summary>Which rows a statement is about.</summary>
    private static readonly Gen<string> Rows = Gen.Frequency<string>(
        (6, One),
        (4, Gen.Select(One, Name, (one, name) => $"{one} AND competitor_name = {name}")),
        (4, One.Select(one => $"{one} AND competitor_name IS NULL")),
        (2, One.Select(one => $"{one} AND competitor_name IS NOT NULL")),
        (1, Gen.Const("collector_result_id IS NULL")),
        (1, Gen.Const("collector_result_id > 3")),
        (1, Gen.Const("true")));

    private static readonly Gen<string> Insert = Result.SelectMany(result =>
        Gen.OneOf<string>(
            RowsOf(result, true, 2), RowsOf(result, true, 2), RowsOf(result, false, 2), RowsOf(result, true, 0), RowsOf(result, true, 0),
            Gen.Select(RowsOf(result, false, 1), RowsOf(result, true, 0), (competitors, brand) => $"{competitors}, {brand}"),
            Gen.Select(RowsOf(result, true, 1), RowsOf(result, true, 0), (rows, twin) => $"{rows}, {twin}")))
        .Select(rows => $"INSERT INTO extracted_positions ({Columns}) VALUES {rows}");

    private static readonly Gen<string> Set = Gen.Frequency<string>(
        (4, Gen.Select(Label, Score, (label, score) => $"sentiment_label = {label}, sentiment_score = {score}")),
        (4, Gen.Select(Label, Score, (label, score) => $"sentiment_label_competitor = {label}, sentiment_score_competitor = {score}")),
        (3, Metric.Select(metric => $"visibility_index = {metric}, visibility_index_competitor = {metric}")),
        (2, Gen.Const("sentiment_score = sentiment_score, raw_answer = 'again'")),
        (4, Gen.OneOf<string>(Result.Select(r => $"{r}"), Gen.Const("NULL"), Gen.Const("collector_result_id + 1")).Select(r => $"collector_result_id = {r}")),
        (1, Gen.Const("collector_result_id = CASE collector_result_id WHEN 1 THEN 2 WHEN 2 THEN 1 ELSE collector_result_id END")),
        (2, Gen.OneOf("id = -id", "id = id + 1000", "id = -id, collector_result_id = 7 - collector_result_id").Select(sets => sets)),
        (2, Gen.Select(Gen.OneOf<string>(Name, NoName), name => $"competitor_name = {name}")),
        (2, Brand.Select(brand => $"brand_id = {brand}")),
        (2, Customer.Select(customer => $"customer_id = {customer}")),
        (2, Query.Select(query => $"query_id = {query}")),
        (2, Gen.Select(Topic, topic => $"topic = {topic}")),
        (1, Gen.OneOf("metadata = '{\"topic_name\": \"m\"}'", "metadata = NULL").Select(sets => sets)),
        (2, Gen.Select(Time, Time, (processed, created) => $"processed_at = {processed}, created_at = {created}")));

    private static readonly Gen<string> Legacy = Gen.Frequency<string>(
        (10, Insert),
        (6, One.Select(one => $"DELETE FROM extracted_positions WHERE {one}")),
        (3, Rows.Select(rows => $"DELETE FROM extracted_positions WHERE {rows}")),
        (14, Gen.Select(Set, Rows, (sets, rows) => $"UPDATE extracted_positions SET {sets} WHERE {rows}")),
        (1, Gen.Const("TRUNCATE extracted_positions")),
        (1, Gen.Select(Metric, metric =>
            $"INSERT INTO extracted_positions (collector_result_id, brand_id, query_id, collector_type, visibility_index)"
            + $" SELECT g, '{BrandOne}', '{QueryOne}', 'many', {metric} FROM generate_series(101, 180) AS g")),
        (1, Gen.Const("DELETE FROM extracted_positions WHERE collector_result_id > 100")),
        (2, Gen.Select(Gen.Int[1, 4], Result, Name, (id, result, name) =>
            $"INSERT INTO extracted_positions (id, collector_result_id, brand_id, competitor_name) VALUES ({id}, {result}, '{BrandOne}', {name})"
            + " ON CONFLICT (id) DO UPDATE SET collector_result_id = excluded.collector_result_id, competitor_name = excluded.competitor_name")),
        (2, Gen.Select(One, Result, Metric, (one, result, metric) =>
            $"WITH gone AS (DELETE FROM extracted_positions WHERE {one} RETURNING *) INSERT INTO extracted_positions (collector_result_id, brand_id,"
            + $" customer_id, query_id, collector_type, competitor_name, visibility_index) SELECT {result}, brand_id, customer_id, query_id,"
            + $" collector_type, competitor_name, {metric} FROM gone")),
        (1, Gen.Select(Result, Metric, (result, metric) =>
            $"MERGE INTO extracted_positions AS t USING (VALUES ({result}), ({result % Results} + 1)) AS s (id) ON t.collector_result_id = s.id"
            + $" WHEN MATCHED AND t.competitor_name IS NULL THEN UPDATE SET visibility_index = {metric} WHEN MATCHED THEN DELETE"
            + $" WHEN NOT MATCHED THEN INSERT (collector_result_id, brand_id, query_id, collector_type) VALUES (s.id, '{BrandTwo}', '{QueryThree}', 'merged')")));

    private static readonly Gen<string> Parent = Gen.Frequency<string>(
        (4, Gen.Select(Brand, Customer, (brand, customer) => $"UPDATE brands SET customer_id = {customer} WHERE id = {brand}")),
        (5, Gen.Select(Query, Topic, (query, topic) => $"UPDATE generated_queries SET topic = {topic} WHERE id = {query}")),
        (4, Gen.Select(Brand, Name, (brand, name) => $"INSERT INTO brand_competitors (brand_id, competitor_name) VALUES ({brand}, {name}) ON CONFLICT DO NOTHING")),
        (3, Gen.Select(Brand, Name, Name, (brand, was, name) => $"UPDATE brand_competitors SET competitor_name = {name} WHERE brand_id = {brand} AND competitor_name = {was}")),
        (1, Gen.Select(Brand, Name, (brand, name) => $"UPDATE brand_competitors SET brand_id = {brand} WHERE competitor_name = {name}")),
        (3, Gen.Select(Brand, Name, (brand, name) => $"DELETE FROM brand_competitors WHERE brand_id = {brand} AND competitor_name = {name}")),
        (2, Query.Select(query => $"DELETE FROM generated_queries WHERE id = {query}")),
        (1, Brand.Select(brand => $"DELETE FROM brands WHERE id = {brand}")),
        (1, Customer.Select(customer => $"DELETE FROM customers WHERE id = {customer}")),
        (3, Result.Select(result => $"DELETE FROM collector_results WHERE id = {result}")),
        (1, Gen.Const("TRUNCATE collector_results CASCADE")),
        (5, Gen.Const(Parents)),
        (2, Result.Select(result => $"INSERT INTO collector_results (id) VALUES ({result}) ON CONFLICT DO NOTHING")));

    private static readonly Gen<string> Save = Gen.Select(Result, Gen.OneOf("0.5", "0.75", "null"), (result, metric) =>
        $$"""SELECT evidently_schema.save_positions({{result}}, '{"brand_id": "{{BrandOne}}", "query_id": "{{QueryOne}}", "collector_type": "saved", "visibility_index": {{metric}}}', '[{"brand_id": "{{BrandOne}}", "competitor_name": "Acme"}, {"competitor_name": "Beta"}]')""");

    /// <summary>One statement, as any client of the database may send it.</summary>
    public static Gen<string> Any(bool hasWriter) => Gen.Frequency<string>((8, Legacy), (3, Parent), (hasWriter ? 1 : 0, Save));

    private static Gen<string> Quoted(params string[] names) => Gen.OneOf(names).Select(name => $"'{name}'");

    private static Gen<string> RowsOf(int result, bool brandFirst, int competitors)
    {
        var rows = Row(result, Name, false).Array[competitors].Select(list => string.Join(", ", list));
        return brandFirst
            ? Gen.Select(Row(result, NoName, true), rows, (brand, others) => others.Length == 0 ? brand : $"{brand}, {others}")
            : rows;
    }

    /// <summary>A row whose values are good three times out of four.</summary>
    private static Gen<string> Row(int result, Gen<string> name, bool isBrand) => Gen.Select(
        Gen.Select(name, Brand, Customer, Query, CollectorType, Time, Time, Topic),
        Gen.Select(Metric, Label, Score, Sentences, Gen.Int[0, 3]),
        (who, what) => what.Item5 > 0
            ? $"({result}, '{BrandOne}', {who.Item3}, {(isBrand ? who.Item4 : "NULL")}, 'chatgpt', {who.Item1}, {who.Item6}, '2025-03-01 11:00Z', NULL, 0.5,"
                + $" NULL, 55, NULL, 0.25, {(isBrand ? "NULL" : what.Item2)}, NULL, NULL, 1)"
            : $"({result}, {who.Item2}, {who.Item3}, {who.Item4}, {who.Item5}, {who.Item1}, {who.Item6}, {who.Item7}, {who.Item8}, {what.Item1},"
                + $" {what.Item2}, {what.Item3}, {what.Item4}, {what.Item1}, {what.Item2}, {what.Item3}, {what.Item4}, NULL)");
}
