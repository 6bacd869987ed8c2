using System.CommandLine;
using System.CommandLine.Parsing;
using Evidently.Schema.Hosting;
using Evidently.Schema.Tool.Commands;

namespace Evidently.Schema.Tool;

/// <summary>From the arguments to an exit code: every failure is one line on the error output.</summary>
internal static class CommandLine
{
    /// <summary>A batch, or a step's lock timeout, ends well within it.</summary>
    private static readonly TimeSpan StopWithin = TimeSpan.FromMinutes(1);

    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Root().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return await FailAsync($"{Unknown(parsed.Errors)} Try --help.", ExitCode.BadArguments).ConfigureAwait(false);
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = StopWithin }).ConfigureAwait(false);
        }
        catch (ToolException exception)
        {
            return await FailAsync(exception.Message, exception.ExitCode).ConfigureAwait(false);
        }
        catch (SchemaException exception)
        {
            return await FailAsync(exception.Message, CodeOf(exception.Error)).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return await FailAsync("Interrupted. What is committed stays; run it again to go on.", ExitCode.Interrupted).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return await FailAsync(exception.Message, ExitCode.Failed).ConfigureAwait(false);
        }
    }

    /// <summary>The first word that is not known says most, and what follows it may be a secret.</summary>
    private static string Unknown(IReadOnlyList<ParseError> errors) =>
        (errors.FirstOrDefault(error => error.Message.StartsWith("Unrecognized", StringComparison.Ordinal)) ?? errors[0]).Message;

    private static int CodeOf(SchemaError error) => error switch
    {
        SchemaError.Unreachable or SchemaError.LoginRefused => ExitCode.NoConnection,
        SchemaError.RunnerBusy or SchemaError.LockTimeout => ExitCode.Busy,
        SchemaError.VerificationFailed => ExitCode.No,
        _ => ExitCode.Failed,
    };

    private static async Task<int> FailAsync(string message, int code)
    {
        await Console.Error.WriteLineAsync(string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))).ConfigureAwait(false);
        return code;
    }

    private static RootCommand Root()
    {
        var root = new RootCommand(
            """
            Moves a live PostgreSQL database from extracted_positions to a star schema, and says where it stands.

            The database is named by EVIDENTLY_SCHEMA_CONNECTION (an Npgsql connection string or a postgresql:// address), or by PGHOST, PGPORT,
            PGDATABASE, PGUSER and PGPASSWORD or a password file, or by the options but for the password, which no argument takes.

            Exit codes: 0 done, 1 refused or failed, 2 bad arguments, 3 the answer is no, 4 busy: try later, 5 no connection, 6 not confirmed,
            130 interrupted.
            """);
        root.Subcommands.Add(PreflightCommand.Create());
        root.Subcommands.Add(PlanCommand.Create());
        root.Subcommands.Add(MigrateCommand.Create());
        root.Subcommands.Add(BackfillCommand.Create());
        root.Subcommands.Add(StatusCommand.Create());
        root.Subcommands.Add(VerifyCommand.Create());
        root.Subcommands.Add(RepairCommand.Create());
        root.Subcommands.Add(ModeCommand.Create());
        root.Subcommands.Add(RouteCommand.Create());
        root.Subcommands.Add(ArchiveCommand.Create());
        root.Subcommands.Add(RollbackCommand.Create());
        root.Subcommands.Add(ReportCommand.Create());
        return root;
    }
}
