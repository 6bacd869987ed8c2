using Evidently.Schema.Hosting;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using WebApp;

// An application that migrates when it starts: phase 1 before it serves, the rest in the background. Of any number of instances one works.
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddEvidentlySchema(builder.Configuration.GetSection("EvidentlySchema"), options => options.ConnectionString = builder.Configuration.GetConnectionString("Evidently"));
builder.Services.AddHealthChecks().AddEvidentlySchema();

var app = builder.Build();

// Ready as soon as phase 1 is there, however long history takes.
app.MapHealthChecks("/ready", new HealthCheckOptions { Predicate = check => check.Name is "evidently_schema_phase" });
app.MapHealthChecks("/health", new HealthCheckOptions { ResponseWriter = Health.WriteAsync });
app.MapGet("/brands/{brand:guid}/dashboard", Dashboard.GetAsync);
try
{
    app.Run();
    return 0;
}
catch (Exception exception) when (exception is SchemaException or OptionsValidationException)
{
    // The database, or the configuration, cannot be used: the message says what to do, a stack does not.
    await Console.Error.WriteLineAsync(exception.Message.ReplaceLineEndings(" "));
    return 1;
}
