using System.Globalization;
using System.Net.Sockets;
using Npgsql;

namespace Evidently.Schema.Hosting.Data;

/// <summary>Turns what the driver and FluentMigrator throw into a <see cref="SchemaException"/> that says what to do.</summary>
internal static class SchemaErrors
{
    private const string MissingRightsState = "EV002";
    private const string RunnerBusyState = "EV004";

    /// <summary>The exception to throw for <paramref name="exception"/>, or <see langword="null"/> when the database has no part in it.</summary>
    public static SchemaException? From(Exception exception, Phase phase, string doing)
    {
        for (var current = exception; current is not null; current = current.InnerException)
        {
            switch (current)
            {
                case SchemaException schema:
                    return schema;
                case PostgresException postgres:
                    return FromPostgres(postgres, phase, doing);
                case NpgsqlException or SocketException or TimeoutException:
                    return new SchemaException(
                        $"{doing}: the connection to PostgreSQL broke. Nothing of the step that ran is lost: run it again when the server can be reached.",
                        SchemaError.Unreachable,
                        phase,
                        sqlState: null,
                        current);
                default:
                    continue;
            }
        }

        return null;
    }

    /// <summary>A function that our own statement calls is not there; of one missing inside it, CONTEXT would name the place.</summary>
    public static bool IsMissing(PostgresException exception) =>
        exception.SqlState is PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.InvalidSchemaName && string.IsNullOrEmpty(exception.Where);

    /// <summary>The server is not there, or did not let us in. Names host, database and user, never the password.</summary>
    public static SchemaException Connecting(Exception exception, NpgsqlConnectionStringBuilder target)
    {
        var where = $"PostgreSQL at {target.Host}:{target.Port.ToString(CultureInfo.InvariantCulture)}, database {target.Database ?? target.Username}, user {target.Username}";
        if (exception is PostgresException postgres)
        {
            var next = postgres.SqlState switch
            {
                PostgresErrorCodes.InvalidPassword => "Check Username and Password.",
                PostgresErrorCodes.InvalidAuthorizationSpecification => "Check Username, and the rules of the server's pg_hba.conf.",
                PostgresErrorCodes.InvalidCatalogName => "Check Database.",
                PostgresErrorCodes.InsufficientPrivilege => $"Type: GRANT CONNECT ON DATABASE \"{target.Database}\" TO \"{target.Username}\";",
                PostgresErrorCodes.TooManyConnections => $"The migrator needs up to three connections, and one for each of {nameof(SchemaOptions.BackfillWorkers)} but the first: free some.",
                PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown => "The server is starting or stopping, or ended the session: try again.",
                _ => "See the server's log.",
            };
            var passes = postgres.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.TooManyConnections;
            var error = passes ? SchemaError.Unreachable : SchemaError.LoginRefused;
            return new SchemaException($"{where} refused the log-in: {postgres.MessageText} ({postgres.SqlState}). {next}", error, Phase.None, postgres.SqlState, postgres) { Hint = next };
        }

        const string Check = "Check Host and Port, and that the server is up.";
        return new SchemaException($"{where} cannot be reached: {Innermost(exception).Message}. {Check}", SchemaError.Unreachable, Phase.None, sqlState: null, exception) { Hint = Check };
    }

    /// <summary>The role cannot begin.</summary>
    public static SchemaException MissingRights(IReadOnlyList<MissingRight> missing)
    {
        var commands = string.Join(' ', missing.Select(right => right.Command).OfType<string>());
        var hint = $"{(commands.Length == 0 ? "Connect" : $"Type, as their owner or as a superuser: {commands} Or connect")} as the owner of the tables (superuser is not needed). Nothing was changed.";
        return new SchemaException(
            $"Role {missing[0].Role} has not the rights it needs: {string.Join("; ", missing.Select(right => right.Problem))}. {hint} ({MissingRightsState})",
            SchemaError.MissingRights,
            Phase.Create,
            MissingRightsState,
            innerException: null)
        { Hint = hint };
    }

    /// <summary>Another runner held the database for longer than we wait.</summary>
    public static SchemaException RunnerBusy(TimeSpan waited, string holder)
    {
        const string Wait = $"Wait for it, or raise {nameof(SchemaOptions)}.{nameof(SchemaOptions.LockTimeout)}.";
        return new SchemaException($"Another runner works on this database and did not end within {waited}: {holder}. {Wait}", SchemaError.RunnerBusy, Phase.None, RunnerBusyState, innerException: null) { Hint = Wait };
    }

    private static SchemaException FromPostgres(PostgresException postgres, Phase phase, string doing)
    {
        var error = postgres.SqlState switch
        {
            "EV001" => SchemaError.RequirementNotMet,
            MissingRightsState or PostgresErrorCodes.InsufficientPrivilege => SchemaError.MissingRights,
            "EV003" or PostgresErrorCodes.InvalidTransactionTermination => SchemaError.SessionTransaction,
            RunnerBusyState => SchemaError.RunnerBusy,
            "EV005" or PostgresErrorCodes.LockNotAvailable => SchemaError.LockTimeout,
            "EV006" => SchemaError.VerificationFailed,
            "EV007" => SchemaError.WrongState,
            "EV008" => SchemaError.BadSetting,
            "EV009" => SchemaError.NotProjected,
            "EV010" => SchemaError.BadPositions,
            "EV011" => SchemaError.RouteRefused,
            "EV012" => SchemaError.OpenPoints,
            PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow => SchemaError.Unreachable,
            _ => SchemaError.Database,
        };
        var ours = postgres.SqlState.StartsWith("EV", StringComparison.Ordinal);
        var hint = ours ? postgres.Hint : phase == Phase.None && postgres.SqlState is PostgresErrorCodes.InsufficientPrivilege ? "Connect as the owner of the tables, who has migrated before." : null;
        var message = ours
            ? string.Join(' ', new[] { postgres.MessageText, postgres.Detail, postgres.Hint }.Where(part => !string.IsNullOrWhiteSpace(part)).Select(part => Sentence(part!)))
            : $"{Sentence(Said(postgres))}{About(postgres)} Nothing of the statement that failed is left; those before it stay, and running again goes on.{(hint is null ? string.Empty : " " + hint)}";
        return new SchemaException($"{doing}: {message} ({postgres.SqlState})", error, phase, postgres.SqlState, ours ? postgres : WithoutValues(postgres)) { Hint = hint };
    }

    // Class 22 (data exception) quotes the value.
    private static string Said(PostgresException postgres) =>
        postgres.SqlState.StartsWith("22", StringComparison.Ordinal) ? "a value does not fit (its text is left out here)" : postgres.MessageText;

    private static string About(PostgresException postgres) =>
        (postgres.SchemaName, postgres.TableName, postgres.ConstraintName) switch
        {
            (null, _, _) or (_, null, _) => string.Empty,
            (var schema, var table, null) => $" Table {schema}.{table}.",
            var (schema, table, constraint) => $" Table {schema}.{table}, constraint {constraint}.",
        };

    /// <summary>DETAIL and CONTEXT of PostgreSQL's own errors quote rows: customers' data, which must not reach a log.</summary>
    private static PostgresException WithoutValues(PostgresException postgres) => new(
        Said(postgres),
        postgres.Severity,
        postgres.InvariantSeverity,
        postgres.SqlState,
        hint: postgres.Hint,
        schemaName: postgres.SchemaName,
        tableName: postgres.TableName,
        columnName: postgres.ColumnName,
        dataTypeName: postgres.DataTypeName,
        constraintName: postgres.ConstraintName,
        file: postgres.File,
        line: postgres.Line,
        routine: postgres.Routine);

    private static string Sentence(string text) => text.TrimEnd() is var trimmed && trimmed.EndsWith('.') ? trimmed : trimmed + ".";

    private static Exception Innermost(Exception exception) => exception.GetBaseException();
}
