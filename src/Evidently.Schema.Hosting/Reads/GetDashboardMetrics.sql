SELECT current_setting('evidently_schema.answered_by', true), r.total_responses, r.prompts,
    -- 20 decimals: a mean of means can have more digits than a .NET decimal holds
    round(r.visibility, 20), r.share_of_answers, round(r.sentiment, 20), r.brand_presence
FROM (VALUES (1)) AS one (row)
LEFT JOIN public.get_dashboard_metrics($1, $2, $3, $4, $5) AS r ON true;
