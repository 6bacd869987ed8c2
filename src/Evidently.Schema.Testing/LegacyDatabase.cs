using System.Security.Cryptography;
using System.Text;
using Evidently.Schema.Testing.Legacy;
using Npgsql;

namespace Evidently.Schema.Testing;

/// <summary>
/// A database as an application has it before the migration: customers, brands, generated_queries, collector_results, brand_competitors
/// and extracted_positions, owned by the role <c>legacy_owner</c>, who is no superuser.
/// </summary>
public sealed class LegacyDatabase : IAsyncDisposable
{
    /// <summary>The role that owns the database and its tables.</summary>
    public const string OwnerRole = "legacy_owner";

    private readonly PostgresServer _server;

    private LegacyDatabase(PostgresServer server, LegacyVariant variant, string adminConnectionString)
    {
        _server = server;
        Variant = variant;
        AdminConnectionString = adminConnectionString;
        ConnectionString = new NpgsqlConnectionStringBuilder(adminConnectionString)
        {
            Username = OwnerRole,
            Password = OwnerPassword(server.ConnectionString),
        }.ConnectionString;
    }

    /// <summary>The owner's way in.</summary>
    public string ConnectionString { get; }

    /// <summary>The superuser's way in.</summary>
    public string AdminConnectionString { get; }

    /// <summary>The shape of the tables.</summary>
    public LegacyVariant Variant { get; }

    /// <summary>Creates a database with empty legacy tables.</summary>
    /// <param name="server">Where.</param>
    /// <param name="variant">Null: the default shape.</param>
    /// <param name="ct">Stops the waiting.</param>
    /// <returns>The database; disposing it drops it.</returns>
    public static async Task<LegacyDatabase> CreateAsync(PostgresServer server, LegacyVariant? variant = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(server);
        variant ??= new LegacyVariant();
        await LegacyScripts.CreateRolesAsync(server.ConnectionString, OwnerPassword(server.ConnectionString), variant, ct).ConfigureAwait(false);
        var admin = await server.CreateDatabaseAsync(owner: OwnerRole, ct: ct).ConfigureAwait(false);
        var database = new LegacyDatabase(server, variant, admin);
        try
        {
            var owner = NpgsqlDataSource.Create(Unpooled(database.ConnectionString));
            await using (owner.ConfigureAwait(false))
            {
                await CreateSchemaAsync(owner, variant, ct).ConfigureAwait(false);
            }

            return database;
        }
        catch
        {
            await database.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Creates the legacy tables, empty, in schema public of a database that has none of them. They belong to the role that is
    /// connected. With <see cref="LegacyVariant.SupabaseRoles"/> the three roles must exist.</summary>
    /// <param name="dataSource">A role that may create tables in public.</param>
    /// <param name="variant">The shape.</param>
    /// <param name="ct">Stops the work; nothing is left of it.</param>
    public static Task CreateSchemaAsync(NpgsqlDataSource dataSource, LegacyVariant variant, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        ArgumentNullException.ThrowIfNull(variant);
        return LegacyScripts.CreateSchemaAsync(dataSource, variant, ct);
    }

    /// <summary>Adds results with their legacy rows, and the parents they need, set by set in transactions of some thousand results.</summary>
    /// <param name="fill">How many, how dirty.</param>
    /// <param name="ct">Stops the work; what is committed stays.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number of the fill is negative, or zero where there must be one.</exception>
    public async Task FillAsync(LegacyFill fill, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(fill);
        if (!fill.IsPossible())
        {
            throw new ArgumentOutOfRangeException(
                nameof(fill), fill, $"Needs at least one brand, customer and query, at most {LegacyFill.MostCompetitors} competitors, and no negative number.");
        }

        var owner = NpgsqlDataSource.Create(Unpooled(ConnectionString));
        await using (owner.ConfigureAwait(false))
        {
            await LegacyScripts.FillAsync(owner, fill, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Copies the database, file by file, which is much faster than filling another. Nobody may be connected to it: dispose data
    /// sources and clear pools first.</summary>
    /// <param name="ct">Stops the waiting.</param>
    /// <returns>The copy, independent of this one; disposing it drops it.</returns>
    public async Task<LegacyDatabase> CloneAsync(CancellationToken ct = default)
    {
        var template = new NpgsqlConnectionStringBuilder(AdminConnectionString).Database;
        return new(_server, Variant, await _server.CreateDatabaseAsync(template, OwnerRole, ct).ConfigureAwait(false));
    }

    /// <summary>Drops the database and ends its sessions.</summary>
    public async ValueTask DisposeAsync()
    {
        var owner = new NpgsqlConnection(ConnectionString);
        await using (owner.ConfigureAwait(false))
        {
            NpgsqlConnection.ClearPool(owner);
        }

        // Clean-up goes on whatever was cancelled before.
        await _server.DropDatabaseAsync(AdminConnectionString, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>The same for every run on a server, so that they can share the role, and known to none who does not know the superuser's.</summary>
    private static string OwnerPassword(string admin) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(OwnerRole + new NpgsqlConnectionStringBuilder(admin).Password)));

    private static string Unpooled(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, CommandTimeout = 0 }.ConnectionString;
}
