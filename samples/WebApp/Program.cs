using Evidently.Schema.Hosting;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
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

// A database, or a configuration, that cannot be used is one line and exit code 1.
return await app.RunToExitCodeAsync(Console.Error);
