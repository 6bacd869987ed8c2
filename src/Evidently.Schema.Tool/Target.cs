using System.CommandLine;
using System.Globalization;
using Evidently.Schema.Hosting;
using Npgsql;

namespace Evidently.Schema.Tool;

/// <summary>Which database: the options every command has, over the environment. No argument takes a password.</summary>
internal sealed class Target
{
    private const string Variable = "EVIDENTLY_SCHEMA_CONNECTION";

    private readonly Option<string?> _host = new("--host") { Description = "The server; PGHOST, else localhost" };
    private readonly Option<int?> _port = new("--port") { Description = "Its port; PGPORT, else 5432" };
    private readonly Option<string?> _database = new("--database", "-d") { Description = "The database; PGDATABASE, else the user's name" };
    private readonly Option<string?> _user = new("--username", "-U") { Description = "The owner of the tables; PGUSER, else the system's user" };
    private readonly Option<double> _wait = new("--wait") { Description = "Seconds to wait for another runner", DefaultValueFactory = _ => 10 };

    public Option<bool> Json { get; } = new("--json") { Description = "One JSON object on the output, for pipelines" };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _host, _port, _database, _user, _wait, Json })
        {
            command.Options.Add(option);
        }
    }

    public SchemaOptions Options(ParseResult arguments)
    {
        var target = FromEnvironment();
        target.Host = arguments.GetValue(_host) ?? target.Host;
        target.Port = arguments.GetValue(_port) ?? target.Port;
        target.Database = arguments.GetValue(_database) ?? target.Database;
        target.Username = arguments.GetValue(_user) ?? target.Username;
        target.ApplicationName = "evidently-schema";
        var options = new SchemaOptions { ConnectionString = target.ConnectionString };
        try
        {
            options.LockTimeout = TimeSpan.FromSeconds(arguments.GetValue(_wait));
        }
        catch (Exception exception) when (exception is OverflowException or ArgumentException)
        {
            options.LockTimeout = TimeSpan.MinValue;
        }

        return options;
    }

    private static NpgsqlConnectionStringBuilder FromEnvironment()
    {
        var given = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrWhiteSpace(given))
        {
            // Npgsql itself reads PGUSER, PGPASSWORD, PGPASSFILE and those of TLS, but names no user in its errors.
            var port = Environment.GetEnvironmentVariable("PGPORT");
            return new NpgsqlConnectionStringBuilder
            {
                Host = NullIfEmpty(Environment.GetEnvironmentVariable("PGHOST")) ?? "localhost",
                Port = string.IsNullOrEmpty(port) ? NpgsqlConnection.DefaultPort
                    : int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
                    : throw new ToolException("PGPORT is not a number.", ExitCode.BadArguments),
                Database = NullIfEmpty(Environment.GetEnvironmentVariable("PGDATABASE")),
                Username = NullIfEmpty(Environment.GetEnvironmentVariable("PGUSER")) ?? Environment.UserName,
            };
        }

        try
        {
            return given.StartsWith("postgres://", StringComparison.Ordinal) || given.StartsWith("postgresql://", StringComparison.Ordinal)
                ? FromAddress(new Uri(given))
                : new NpgsqlConnectionStringBuilder(given);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidOperationException)
        {
            // The exception's own text may repeat a value, and a value may be the password.
            throw new ToolException($"{Variable} cannot be read: it is a connection string, as Host=…;Database=…;Username=…, or postgresql://user@host:port/database.", ExitCode.BadArguments);
        }
    }

    private static NpgsqlConnectionStringBuilder FromAddress(Uri address)
    {
        var builder = new NpgsqlConnectionStringBuilder { Host = address.Host, Port = address.Port > 0 ? address.Port : NpgsqlConnection.DefaultPort };
        var user = address.UserInfo.Split(':', 2);
        builder.Username = NullIfEmpty(Uri.UnescapeDataString(user[0]));
        builder.Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null;
        builder.Database = NullIfEmpty(Uri.UnescapeDataString(address.AbsolutePath.TrimStart('/')));
        foreach (var pair in address.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)))
        {
            // libpq's names; the others are Npgsql's own.
            var (name, value) = (Uri.UnescapeDataString(pair[0]), Uri.UnescapeDataString(pair.Length > 1 ? pair[1] : string.Empty));
            builder[name switch { "sslmode" => "SSL Mode", "connect_timeout" => "Timeout", "application_name" => "Application Name", _ => name }] =
                name is "sslmode" ? value.Replace("-", string.Empty, StringComparison.Ordinal) : value;
        }

        return builder;
    }

    private static string? NullIfEmpty(string? value) => string.IsNullOrEmpty(value) ? null : value;
}
