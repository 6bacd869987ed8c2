using System.Globalization;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>
/// Nasty legacy rows, one result per case, with parents of their own. A case that the database's types and
/// constraints cannot hold is left out.
/// </summary>
internal sealed class DirtyRows
{
    private const int OtherBrand = 2;
    private const int BrandWithoutCustomer = 3;

    private const long FirstResult = 9_000_000_000;

    /// <summary>Out of range, NULL, no parent, a CHECK, an index row too large: what a stricter legacy table refuses.</summary>
    internal static readonly string[] RefusedByLegacy =
    [
        PostgresErrorCodes.NumericValueOutOfRange, PostgresErrorCodes.NotNullViolation, PostgresErrorCodes.ForeignKeyViolation,
        PostgresErrorCodes.CheckViolation, PostgresErrorCodes.ProgramLimitExceeded,
    ];

    private readonly Dictionary<string, long> _cases = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _leftOut = new(StringComparer.Ordinal);

    private DirtyRows()
    {
    }

    public static string BrandId { get; } = CatalogTable.Uuid(1);

    public static string OtherBrandId { get; } = CatalogTable.Uuid(OtherBrand);

    public static string BrandIdWithoutCustomer { get; } = CatalogTable.Uuid(BrandWithoutCustomer);

    public static string CustomerId { get; } = CatalogTable.Uuid(11);

    public static string OtherCustomerId { get; } = CatalogTable.Uuid(12);

    public static string QueryId { get; } = CatalogTable.Uuid(21);

    public static string QueryIdWithoutTopic { get; } = CatalogTable.Uuid(22);

    /// <summary>An id that no parent has.</summary>
    public static string Nobody { get; } = CatalogTable.Uuid(99);

    /// <summary>Result id by name, for each case that was inserted.</summary>
    public IReadOnlyDictionary<string, long> Cases => _cases;

    /// <summary>Why, by name, for each case that was not.</summary>
    public IReadOnlyDictionary<string, string> LeftOut => _leftOut;

    /// <summary>Results that only the INSERT into the star can refuse: pass them to the oracle.</summary>
    public List<long> RefusedByInsert { get; } = [];

    /// <summary>Inserts every case that fits, the catalog's or these, in one transaction; once per database.</summary>
    public static async Task<DirtyRows> InsertAsync(
        NpgsqlConnection connection, IReadOnlyList<DirtyCase>? cases = null, CancellationToken cancellationToken = default)
    {
        var dirt = new DirtyRows();
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await dirt.InsertParentsAsync(connection, cancellationToken);
        var results = await CatalogTable.ReadAsync(connection, "collector_results", cancellationToken);
        var positions = await CatalogTable.ReadAsync(connection, "extracted_positions", cancellationToken);
        var rowNumber = 0;
        foreach (var (number, dirtyCase) in (cases ?? DirtyCatalog.All).Index())
        {
            var resultId = dirtyCase.ResultId ?? FirstResult + number;
            if (!dirtyCase.Fits(positions))
            {
                dirt._leftOut.Add(dirtyCase.Name, "no such column or another type of positions");
                continue;
            }

            var inserted = await TryAsync(connection, async () =>
            {
                if (dirtyCase.HasResult)
                {
                    await results.InsertAsync(connection, Values(("id", Text(resultId))), Parents(resultId), cancellationToken);
                }

                foreach (var row in dirtyCase.Rows)
                {
                    var values = DefaultRow(resultId, row.CompetitorName);
                    values["id"] = positions.Id(++rowNumber);
                    row.Values.ToList().ForEach(value => values[value.Column] = value.Text);
                    await positions.InsertAsync(connection, values, Parents(resultId), cancellationToken);
                }
            });
            dirt.Record(dirtyCase, resultId, inserted);
        }

        await transaction.CommitAsync(cancellationToken);
        return dirt;
    }

    /// <summary>Drops the legacy indexes that refuse large text, of which two as the star's would: not every host has them.</summary>
    public static Task DropIndexesOfLargeTextAsync(NpgsqlConnection connection) => ExecuteAsync(connection, """
        DO $$
        DECLARE
            index_name regclass;
        BEGIN
            FOR index_name IN
                SELECT DISTINCT i.indexrelid::regclass FROM pg_index i
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                WHERE i.indrelid = 'public.extracted_positions'::regclass AND a.attname IN ('topic', 'collector_type', 'competitor_name', 'sentiment_label')
            LOOP
                EXECUTE format('DROP INDEX %s', index_name);
            END LOOP;
        END $$
        """);

    private void Record(DirtyCase dirtyCase, long resultId, string? refusal)
    {
        if (refusal is not null)
        {
            _leftOut.Add(dirtyCase.Name, refusal);
            return;
        }

        _cases.Add(dirtyCase.Name, resultId);
        if (dirtyCase.RefusedByInsert)
        {
            RefusedByInsert.Add(resultId);
        }
    }

    private async Task InsertParentsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var parents = Parents(0);
        await InsertAllAsync("customers", Values(("id", CustomerId)), Values(("id", OtherCustomerId)));
        await InsertAllAsync(
            "brands",
            Values(("id", BrandId), ("customer_id", CustomerId)),
            Values(("id", OtherBrandId), ("customer_id", OtherCustomerId)),
            Values(("id", BrandIdWithoutCustomer), ("customer_id", null)));
        await InsertAllAsync(
            "generated_queries",
            Values(("id", QueryId), ("brand_id", BrandId), ("topic", "the query's topic")),
            Values(("id", QueryIdWithoutTopic), ("brand_id", BrandId), ("topic", "  ")));
        var competitors = await CatalogTable.ReadAsync(connection, "brand_competitors", cancellationToken);
        var names = DirtyCatalog.KnownCompetitors.Select(name => (BrandId, Name: name)).Append((OtherBrandId, "Elsewhere"));
        foreach (var (number, (brandId, name)) in names.Index())
        {
            var values = Values(("id", competitors.Id(number)), ("brand_id", brandId), ("competitor_name", name));
            await competitors.InsertAsync(connection, values, parents, cancellationToken);
        }

        async Task InsertAllAsync(string table, params Dictionary<string, string?>[] rows)
        {
            var catalog = await CatalogTable.ReadAsync(connection, table, cancellationToken);
            foreach (var row in rows)
            {
                if (await TryAsync(connection, () => catalog.InsertAsync(connection, row, parents, cancellationToken)) is { } refusal)
                {
                    _leftOut.Add($"{table} {row["id"]}", refusal);
                }
            }
        }
    }

    /// <returns>The SQLSTATE with which the legacy tables refused, or NULL.</returns>
    private static async Task<string?> TryAsync(NpgsqlConnection connection, Func<Task> insert)
    {
        await ExecuteAsync(connection, "SAVEPOINT dirt");
        try
        {
            await insert();
            await ExecuteAsync(connection, "RELEASE SAVEPOINT dirt");
            return null;
        }
        catch (PostgresException e) when (RefusedByLegacy.Contains(e.SqlState, StringComparer.Ordinal))
        {
            await ExecuteAsync(connection, "ROLLBACK TO SAVEPOINT dirt");
            return $"{e.SqlState} {e.MessageText}";
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A sound row, for a case to spoil.</summary>
    internal static Dictionary<string, string?> DefaultRow(long resultId, string? competitorName) => Values(
        ("collector_result_id", Text(resultId)),
        ("brand_id", BrandId),
        ("customer_id", CustomerId),
        ("query_id", QueryId),
        ("collector_type", "dirt"),
        ("competitor_name", competitorName),
        ("processed_at", "2025-03-01 12:00:00+00"),
        ("created_at", "2025-03-01 11:00:00+00"),
        ("visibility_index", "0.5"),
        ("visibility_index_competitor", competitorName is null ? null : "0.25"),
        ("share_of_answers_brand", "50"),
        ("share_of_answers_competitor", competitorName is null ? null : "25"),
        ("has_brand_presence", "true"),
        ("total_brand_mentions", "3"),
        ("competitor_mentions", competitorName is null ? null : "2"),
        ("total_word_count", "100"));

    /// <summary>What a required reference of another table is filled with.</summary>
    internal static Dictionary<string, string> Parents(long resultId) => new(StringComparer.Ordinal)
    {
        ["customers"] = CustomerId,
        ["brands"] = BrandId,
        ["generated_queries"] = QueryId,
        ["collector_results"] = Text(resultId),
    };

    private static Dictionary<string, string?> Values(params (string Column, string? Text)[] values) =>
        values.ToDictionary(value => value.Column, value => value.Text, StringComparer.Ordinal);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
