using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>A small legacy database without foreign keys, written row by row, whose star is known by heart.</summary>
internal sealed class HandmadeLegacy : IAsyncDisposable
{
    public const string Brand = "00000000-0000-0000-0000-0000000000b1";
    public const string OtherBrand = "00000000-0000-0000-0000-0000000000b2";
    public const string BrandWithoutCustomer = "00000000-0000-0000-0000-0000000000b3";
    public const string Customer = "00000000-0000-0000-0000-0000000000c1";
    public const string OtherCustomer = "00000000-0000-0000-0000-0000000000c2";
    public const string Query = "00000000-0000-0000-0000-0000000000e1";
    public const string QueryWithoutTopic = "00000000-0000-0000-0000-0000000000e2";
    public const string Nobody = "00000000-0000-0000-0000-0000000000ff";
    public const string Acme = "11";
    public const string Beta = "12";

    private readonly LegacyDatabase _database;
    private readonly NpgsqlDataSource _dataSource;

    private HandmadeLegacy(LegacyDatabase database, NpgsqlDataSource dataSource)
    {
        _database = database;
        _dataSource = dataSource;
    }

    public static async Task<HandmadeLegacy> CreateAsync(LegacyVariant? variant = null)
    {
        var database = await TestServer.CreateLegacyAsync((variant ?? new LegacyVariant()) with { ForeignKeys = false });
        var legacy = new HandmadeLegacy(database, NpgsqlDataSource.Create(database.ConnectionString));
        await legacy.ExecuteAsync($"""
            INSERT INTO customers (id, name) VALUES ('{Customer}', 'one'), ('{OtherCustomer}', 'two');
            INSERT INTO brands (id, customer_id, name)
            VALUES ('{Brand}', '{Customer}', 'one'), ('{OtherBrand}', '{OtherCustomer}', 'two'), ('{BrandWithoutCustomer}', NULL, 'three');
            INSERT INTO generated_queries (id, query_text, topic) VALUES ('{Query}', '?', 'query topic'), ('{QueryWithoutTopic}', '?', '  ');
            INSERT INTO collector_results (id) SELECT generate_series(1, 9);
            INSERT INTO brand_competitors (id, brand_id, competitor_name)
            VALUES ({Acme}, '{Brand}', 'Acme'), ({Beta}, '{Brand}', 'Beta'), (21, '{OtherBrand}', 'Acme'), (22, '{OtherBrand}', 'Elsewhere');
            """);
        return legacy;
    }

    public static string?[] Row(params string?[] values) => values;

    public Task ClearAsync() => ExecuteAsync("TRUNCATE extracted_positions RESTART IDENTITY");

    /// <summary>Adds a good row of result 1, then sets columns in it: <c>"topic = NULL"</c>.</summary>
    public Task<string> BrandRowAsync(string sets = "") => AddAsync("NULL", sets);

    public Task<string> CompetitorRowAsync(string name, string sets = "") => AddAsync($"'{name}'", sets);

    public async Task<ExpectedStar> ExpectedAsync(params long[] refusedByInsert)
    {
        await using var connection = await _dataSource.OpenConnectionAsync();
        return ExpectedStar.From(await LegacySnapshot.ReadAsync(connection), refusedByInsert);
    }

    /// <summary>What the server makes of an expression, as text.</summary>
    public async Task<string?> AskAsync(string sql)
    {
        await using var command = _dataSource.CreateCommand(sql);
        return await command.ExecuteScalarAsync() as string;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = _dataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _dataSource.DisposeAsync();
        await _database.DisposeAsync();
    }

    private async Task<string> AddAsync(string competitor, string sets)
    {
        var id = await AskAsync($"""
            INSERT INTO extracted_positions (
                collector_result_id, brand_id, customer_id, query_id, collector_type, competitor_name, processed_at, created_at)
            VALUES (1, '{Brand}', '{Customer}', '{Query}', 'chatgpt', {competitor}, '2025-03-01 12:00Z', '2025-03-01 11:00Z')
            RETURNING id::text
            """);
        if (sets.Length > 0)
        {
            await ExecuteAsync($"UPDATE extracted_positions SET {sets} WHERE id = '{id}'");
        }

        return id!;
    }
}
