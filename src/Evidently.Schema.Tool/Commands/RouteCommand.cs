using System.CommandLine;
using System.Globalization;
using Npgsql;
using Spectre.Console;

namespace Evidently.Schema.Tool.Commands;

/// <summary>Shows the routes, or sends a share of a service's brands to the star.</summary>
internal static class RouteCommand
{
    public static Command Create()
    {
        var service = new Argument<string?>("service") { Description = "The service, dashboard say; without it the routes are shown", Arity = ArgumentArity.ZeroOrOne };
        var percent = new Argument<int?>("percent") { Description = "The share of brands read from the star, 0 to 100", Arity = ArgumentArity.ZeroOrOne };
        percent.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !(int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= 100))
            {
                result.AddError($"A percent is a whole number from 0 to 100, not \"{result.Tokens[0].Value}\".");
            }
        });
        var shadow = new Option<string?>("--shadow") { Description = "on or off: compare a sample of calls in both schemas" };
        shadow.AcceptOnlyFromAmong("on", "off");
        var reason = new Option<string?>("--reason") { Description = "Why, for the audit trail" };
        return ToolRun.Command(
            "route",
            "Shows the routes of phase 4, or changes one; lowering is always allowed and takes effect at once",
            (run, arguments, token) => RunAsync(run, arguments.GetValue(service), arguments.GetValue(percent), arguments.GetValue(shadow), arguments.GetValue(reason), token),
            service,
            percent,
            shadow,
            reason);
    }

    private static async Task<int> RunAsync(ToolRun run, string? service, int? percent, string? shadow, string? reason, CancellationToken cancellationToken)
    {
        if (!(await run.ListAsync(Sql.Own("HasRoutes.sql"), row => row.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0])
        {
            throw new ToolException($"There are no routes in {run.Database} before phase 4.", ExitCode.Failed, "Type: evidently-schema migrate --to Reads");
        }

        if (service is not null && percent is null && shadow is null)
        {
            throw new ToolException($"route {service} needs a percent, or --shadow.", ExitCode.BadArguments);
        }

        var routes = await RoutesAsync(run, cancellationToken).ConfigureAwait(false);
        if (service is not null)
        {
            if (!routes.Any(route => string.Equals(route.Service, service, StringComparison.Ordinal)))
            {
                throw new ToolException($"There is no service \"{service}\". Services are {string.Join(", ", routes.Select(route => route.Service))}.", ExitCode.BadArguments);
            }

            await run.WithAsync(
                async connection =>
                {
                    var command = new NpgsqlCommand(Sql.Own("SetRoute.sql"), connection);
                    await using (command.ConfigureAwait(false))
                    {
                        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = service });
                        command.Parameters.Add(new NpgsqlParameter { Value = (object?)percent ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Integer });
                        command.Parameters.Add(new NpgsqlParameter { Value = shadow is null ? DBNull.Value : shadow is "on", NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Boolean });
                        command.Parameters.Add(new NpgsqlParameter { Value = (object?)reason ?? "evidently-schema route", NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
                        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                    }
                },
                cancellationToken).ConfigureAwait(false);
            routes = await RoutesAsync(run, cancellationToken).ConfigureAwait(false);
        }

        run.Answer(new { database = run.Database, routes }, () =>
        {
            var table = new Table().RoundedBorder().AddColumns("service", "star %", "shadow", "reason");
            foreach (var route in routes)
            {
                table.AddRow(route.Service.EscapeMarkup(), route.StarPercent.ToString(CultureInfo.InvariantCulture), route.Shadow ? "on" : "off", (route.Reason ?? string.Empty).EscapeMarkup());
            }

            AnsiConsole.Write(table);
        });
        return ExitCode.Done;
    }

    private static Task<IReadOnlyList<Route>> RoutesAsync(ToolRun run, CancellationToken cancellationToken) => run.ListAsync(
        Sql.Own("Routes.sql"),
        row => new Route(row.GetString(0), row.GetInt32(1), row.GetBoolean(2), row.IsDBNull(3) ? null : row.GetString(3)),
        cancellationToken);

    private sealed record Route(string Service, int StarPercent, bool Shadow, string? Reason);
}
