using System.Text.Json;
using Evidently.Schema.Hosting.Data;
using Evidently.Schema.Hosting.DualWrite;
using Npgsql;
using NpgsqlTypes;

namespace Evidently.Schema.Hosting;

/// <summary>
/// Saves scored results: <c>evidently_schema.save_positions(…)</c>, one statement and one round trip a result. In <c>sync</c> and
/// <c>strict</c> legacy and star change in one transaction. Needs phase 3, EXECUTE on the function, and SELECT, INSERT and DELETE on
/// <c>extracted_positions</c>. Safe for concurrent use.
/// </summary>
public sealed class PositionWriter
{
    private readonly NpgsqlDataSource _dataSource;

    /// <summary>A writer on the host's own connections; a pooler in transaction mode may be in between.</summary>
    public PositionWriter(NpgsqlDataSource dataSource)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        _dataSource = dataSource;
    }

    /// <summary>
    /// Replaces all rows of a result by these: readers see the old ones or the new ones. Locks <c>extracted_positions</c> ROW EXCLUSIVE, as
    /// any writer does. Not saved is the whole result or nothing.
    /// </summary>
    /// <param name="collectorResultId">The result: a row of <c>collector_results</c>.</param>
    /// <param name="brand">The brand's row.</param>
    /// <param name="competitors">A row for each known competitor, mentioned or not; may be empty.</param>
    /// <param name="cancellationToken">Stops the statement; then nothing is saved.</param>
    /// <returns>How many rows were written.</returns>
    /// <exception cref="ArgumentException">A competitor without a name, or an additional column that has a property of its own.</exception>
    /// <exception cref="SchemaException">The database refused: <see cref="SchemaError.NotProjected"/> in <c>strict</c>,
    /// <see cref="SchemaError.WrongState"/> before phase 3, <see cref="SchemaError.Database"/> for a broken constraint or an unknown column.</exception>
    public async Task<int> SaveAsync(
        long collectorResultId, BrandPosition brand, IReadOnlyCollection<CompetitorPosition> competitors, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(brand);
        ArgumentNullException.ThrowIfNull(competitors);
        ThrowIfMapped(PositionRow.FirstMapped(brand.Additional), nameof(brand));
        foreach (var competitor in competitors)
        {
            if (string.IsNullOrWhiteSpace(competitor.CompetitorName))
            {
                throw new ArgumentException("A competitor row needs a name: without one it would be a second brand row.", nameof(competitors));
            }

            ThrowIfMapped(PositionRow.FirstMapped(competitor.Additional), nameof(competitors));
        }

        var doing = $"Saving the positions of result {collectorResultId}";
        try
        {
            var command = _dataSource.CreateCommand(Sql.SavePositions);
            await using (command.ConfigureAwait(false))
            {
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = collectorResultId });
                command.Parameters.Add(Jsonb(JsonSerializer.SerializeToUtf8Bytes(PositionRow.Of(brand), PositionJson.Default.PositionRow)));
                command.Parameters.Add(Jsonb(JsonSerializer.SerializeToUtf8Bytes(
                    [.. competitors.Select(competitor => PositionRow.Of(brand, competitor))], PositionJson.Default.PositionRowArray)));
                return (int)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
            }
        }
        catch (PostgresException exception) when (SchemaErrors.IsMissing(exception))
        {
            throw new SchemaException(
                $"{doing}: evidently_schema.save_positions is not there. Migrate to phase {Phase.DualWrite} first.",
                SchemaError.WrongState,
                Phase.DualWrite,
                exception.SqlState,
                exception);
        }
        catch (NpgsqlException exception)
        {
            throw SchemaErrors.From(exception, Phase.DualWrite, doing)!;
        }
    }

    private static NpgsqlParameter Jsonb(byte[] json) => new() { Value = json, NpgsqlDbType = NpgsqlDbType.Jsonb };

    private static void ThrowIfMapped(string? column, string parameter)
    {
        if (column is not null)
        {
            throw new ArgumentException($"{column} is no additional column: it has a property or a parameter of its own, or is the database's to set.", parameter);
        }
    }
}
