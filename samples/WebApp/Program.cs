using Evidently.Schema.Hosting;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Npgsql;
using WebApp;

// An application that migrates when it starts: phase 1 before it serves, the rest in the background. Of any number of instances one works.
var builder = WebApplication.CreateBuilder(args);
var connection = builder.Configuration.GetConnectionString("Evidently") ?? throw new InvalidOperationException("Set ConnectionStrings__Evidently.");
builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(connection));
builder.Services.AddEvidentlySchema(builder.Configuration.GetSection("EvidentlySchema"), options => options.ConnectionString = connection);
builder.Services.AddHealthChecks().AddEvidentlySchema();

var app = builder.Build();

// Ready as soon as phase 1 is there, however long history takes.
app.MapHealthChecks("/ready", new HealthCheckOptions { Predicate = check => check.Name is "evidently_schema_phase" });
app.MapHealthChecks("/health", new HealthCheckOptions { ResponseWriter = Health.WriteAsync });
app.MapGet("/brands/{brand:guid}/dashboard", Dashboard.GetAsync);
app.Run();
