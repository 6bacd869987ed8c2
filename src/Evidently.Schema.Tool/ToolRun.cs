using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Evidently.Schema.Hosting;
using Evidently.Schema.Hosting.Data;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Spectre.Console;

namespace Evidently.Schema.Tool;

/// <summary>What a command works with: the migrator, the database, and where it writes.</summary>
internal sealed class ToolRun : IAsyncDisposable
{
    private const int WidthWithoutTerminal = 160;

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly SchemaSessions _sessions;

    private ToolRun(SchemaOptions options, bool json)
    {
        Json = json;
        Migrator = SchemaMigrator.Create(options);
        _sessions = new SchemaSessions(options, hostDataSource: null, NullLogger.Instance);
        Database = _sessions.Database;

        // Without a terminal tables must not be broken to its default width.
        if (!AnsiConsole.Profile.Out.IsTerminal)
        {
            AnsiConsole.Profile.Width = WidthWithoutTerminal;
        }
    }

    public SchemaMigrator Migrator { get; }

    public string Database { get; }

    /// <summary>Whether the output is for a program.</summary>
    public bool Json { get; }

    /// <summary>Whether a person can be asked and shown what moves.</summary>
    public bool Interactive => !Json && AnsiConsole.Profile.Out.IsTerminal && AnsiConsole.Profile.Capabilities is { Ansi: true, Interactive: true } && !Console.IsInputRedirected;

    /// <summary>A command with the options that all have.</summary>
    public static Command Command(string name, string description, Func<ToolRun, ParseResult, CancellationToken, Task<int>> action, params Symbol[] symbols)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Arguments.Add(argument);
            }
            else
            {
                command.Options.Add((Option)symbol);
            }
        }

        var target = new Target();
        target.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var run = Of(target.Options(arguments), arguments.GetValue(target.Json));
            await using (run.ConfigureAwait(false))
            {
                return await action(run, arguments, cancellationToken).ConfigureAwait(false);
            }
        });
        return command;
    }

    /// <summary>Writes the answer, as JSON or by <paramref name="print"/>.</summary>
    public void Answer<T>(T answer, Action print)
    {
        if (Json)
        {
            Console.WriteLine(JsonSerializer.Serialize(answer, Format));
        }
        else
        {
            print();
        }
    }

    /// <summary>Asks, where somebody can be asked.</summary>
    /// <exception cref="ToolException">No.</exception>
    public void Confirm(string what, bool yes)
    {
        if (yes)
        {
            return;
        }

        if (!Interactive)
        {
            throw new ToolException($"{what} Nobody can be asked here:", ExitCode.NotConfirmed, "say --yes.");
        }

        if (!AnsiConsole.Confirm($"{what.EscapeMarkup()} Go on?", defaultValue: false))
        {
            throw new ToolException("Not confirmed. Nothing was changed.", ExitCode.NotConfirmed);
        }
    }

    /// <summary>Refuses with the command to type before a phase is reached.</summary>
    public async Task<SchemaStatus> RequireAsync(Phase phase, string what, CancellationToken cancellationToken)
    {
        var status = await Migrator.GetStatusAsync(cancellationToken).ConfigureAwait(false);
        return status.Phase >= phase
            ? status
            : throw new ToolException($"{what} needs phase {phase}; {Database} is at {(status.Applied.Count > 0 && status.Phase == Phase.None ? "a part of phase Create" : $"phase {status.Phase}")}.", ExitCode.Failed, $"Type: evidently-schema migrate --to {phase}");
    }

    /// <summary>Reads rows.</summary>
    public Task<IReadOnlyList<T>> ListAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] parameters) =>
        WithAsync(connection => ListAsync(connection, sql, read, cancellationToken, parameters), cancellationToken);

    public static async Task<IReadOnlyList<T>> ListAsync<T>(NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] parameters)
    {
        var list = new List<T>();
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await using (command.ConfigureAwait(false))
        {
            foreach (var parameter in parameters)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = parameter });
            }

            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    list.Add(read(reader));
                }
            }
        }

        return list;
    }

    /// <summary>Works on a session of its own.</summary>
    public async Task<T> WithAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        var connection = await _sessions.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await work(connection).ConfigureAwait(false);
        }
        catch (NpgsqlException exception)
        {
            throw SchemaErrors.From(exception, Phase.None, "evidently-schema")!;
        }
        finally
        {
            await _sessions.CloseAsync(connection).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Migrator.DisposeAsync().ConfigureAwait(false);
        await _sessions.DisposeAsync().ConfigureAwait(false);
    }

    private static ToolRun Of(SchemaOptions options, bool json)
    {
        try
        {
            return new ToolRun(options, json);
        }
        catch (OptionsValidationException exception)
        {
            throw new ToolException(exception.Message, ExitCode.BadArguments);
        }
    }
}
