using System.ComponentModel.DataAnnotations;
using Evidently.Schema.Hosting.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evidently.Schema.Hosting;

/// <summary>Checks the options as a whole and names every error at once.</summary>
internal sealed class SchemaOptionsValidator(bool hasDataSource) : IValidateOptions<SchemaOptions>
{
    public ValidateOptionsResult Validate(string? name, SchemaOptions options)
    {
        var errors = Errors(nameof(SchemaOptions), options);
        errors.AddRange(Errors($"{nameof(SchemaOptions)}.{nameof(SchemaOptions.Draining)}", options.Draining));
        errors.AddRange(Errors($"{nameof(SchemaOptions)}.{nameof(SchemaOptions.Startup)}", options.Startup));
        errors.AddRange(Errors($"{nameof(SchemaOptions)}.{nameof(SchemaOptions.Upkeep)}", options.Upkeep));
        errors.AddRange(Errors($"{nameof(SchemaOptions)}.{nameof(SchemaOptions.Health)}", options.Health));
        foreach (var phase in new[] { options.Startup.BeforeServing, options.Startup.InBackground })
        {
            // Beyond it nothing would happen, without a word; phase 5 is for an operator to say.
            if (phase > MigrationCatalog.LastUntagged)
            {
                errors.Add($"{nameof(SchemaOptions)}.{nameof(SchemaOptions.Startup)}: a host cannot migrate to phase {phase} by itself; at most to {MigrationCatalog.LastUntagged}.");
            }
        }

        if (options.Draining.MaxInterval < options.Draining.Interval)
        {
            errors.Add($"{nameof(SchemaOptions)}.{nameof(SchemaOptions.Draining)}: {nameof(DrainingOptions.MaxInterval)} is shorter than {nameof(DrainingOptions.Interval)}.");
        }

        if (ConnectionStringError(options.ConnectionString) is { } error)
        {
            errors.Insert(0, $"{nameof(SchemaOptions)}.{nameof(SchemaOptions.ConnectionString)}: {error}");
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    /// <summary>Throws one exception with all errors.</summary>
    public static void ThrowIfInvalid(SchemaOptions options, bool hasDataSource)
    {
        if (new SchemaOptionsValidator(hasDataSource).Validate(null, options) is { Failed: true } result)
        {
            throw new OptionsValidationException(Microsoft.Extensions.Options.Options.DefaultName, typeof(SchemaOptions), result.Failures);
        }
    }

    private static List<string> Errors(string name, object options)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        return results.ConvertAll(result => $"{name}: {result.ErrorMessage}");
    }

    private string? ConnectionStringError(string? connectionString)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            return hasDataSource ? null : "set it, or register an NpgsqlDataSource in the container.";
        }

        try
        {
            var builder = new NpgsqlConnectionStringBuilder(connectionString);
            return string.IsNullOrEmpty(builder.Host) ? "it names no Host." : null;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidOperationException)
        {
            // The exception's own text may repeat a value, and a value may be the password.
            return "Npgsql cannot read it: check the keywords and their values.";
        }
    }
}
