using Npgsql;

namespace Evidently.Schema.Hosting.Data;

/// <summary>
/// Pooled connections for what runs beside the application, unlike those of <see cref="SchemaSessions"/>, which hold a session's locks:
/// services take the way in of <see cref="SchemaOptions.ConnectionString"/>, which has the rights of the migration; the writer takes the
/// host's own data source, which has those of the application. Where there is only one of them it serves both.
/// </summary>
internal sealed class DataSources : IAsyncDisposable, IDisposable
{
    private readonly NpgsqlDataSource? _host;
    private readonly Lazy<NpgsqlDataSource>? _own;

    public DataSources(SchemaOptions options, NpgsqlDataSource? host)
    {
        _host = host;
        _own = string.IsNullOrWhiteSpace(options.ConnectionString) ? null : new(() => Create(options.ConnectionString));
    }

    public NpgsqlDataSource ForServices => _own?.Value ?? _host!;

    public NpgsqlDataSource ForApplication => _host ?? _own!.Value;

    public ValueTask DisposeAsync() => _own is { IsValueCreated: true } own ? own.Value.DisposeAsync() : ValueTask.CompletedTask;

    public void Dispose()
    {
        if (_own is { IsValueCreated: true } own)
        {
            own.Value.Dispose();
        }
    }

    private static NpgsqlDataSource Create(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Enlist = false,

            // As in SchemaSessions.
            IncludeErrorDetail = true,
        };
        builder.ApplicationName ??= SchemaSessions.ApplicationName;
        return NpgsqlDataSource.Create(builder);
    }
}
