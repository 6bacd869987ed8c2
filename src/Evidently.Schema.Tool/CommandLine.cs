using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Encodings.Web;
using System.Text.Json;
using Evidently.Schema.Hosting;
using Evidently.Schema.Tool.Commands;

namespace Evidently.Schema.Tool;

/// <summary>From the arguments to an exit code: every failure is one line on the error output.</summary>
internal static class CommandLine
{
    /// <summary>A batch, or a step's lock timeout, ends well within it.</summary>
    private static readonly TimeSpan StopWithin = TimeSpan.FromMinutes(1);

    private static readonly JsonSerializerOptions OneLine = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task<int> RunAsync(string[] args)
    {
        var problem = await ProblemAsync(args).ConfigureAwait(false);
        if (problem.Message.Length > 0)
        {
            // Known before anything else is: an error in the arguments is an object, too.
            await Console.Error.WriteLineAsync(args.Contains("--json", StringComparer.Ordinal) ? JsonSerializer.Serialize(new { error = problem }, OneLine) : problem.Message).ConfigureAwait(false);
        }

        return problem.ExitCode;
    }

    private static async Task<Problem> ProblemAsync(string[] args)
    {
        var parsed = Root().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            const string Help = "Try --help.";
            return Problem.Of($"{Unknown(parsed.Errors)} {Help}", Help, ExitCode.BadArguments);
        }

        try
        {
            return new Problem(string.Empty, SqlState: null, string.Empty, Hint: null, await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = StopWithin }).ConfigureAwait(false));
        }
        catch (ToolException exception)
        {
            return Problem.Of(exception.Message, exception.Hint, exception.ExitCode);
        }
        catch (SchemaException exception)
        {
            return new Problem(exception.Error.ToString(), exception.SqlState, Line(exception.Message), exception.Hint is { } hint ? Line(hint) : null, CodeOf(exception.Error));
        }
        catch (OperationCanceledException)
        {
            const string Again = "run it again to go on.";
            return Problem.Of($"Interrupted. What is committed stays; {Again}", Again, ExitCode.Interrupted);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Problem.Of(exception.Message, hint: null, ExitCode.Failed);
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

    private static string Line(string message) => string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

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

    /// <summary>Why a command has failed, as --json says it.</summary>
    private sealed record Problem(string Code, string? SqlState, string Message, string? Hint, int ExitCode)
    {
        public static Problem Of(string message, string? hint, int exitCode) => new(Tool.ExitCode.NameOf(exitCode), SqlState: null, Line(message), hint, exitCode);
    }
}
