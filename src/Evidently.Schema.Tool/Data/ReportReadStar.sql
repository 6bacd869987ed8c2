SELECT * FROM public.mv_brand_daily_metrics AS d
WHERE d.brand_id = $1 AND d.metric_date >= ($2 AT TIME ZONE 'UTC')::date AND d.metric_date <= ($3 AT TIME ZONE 'UTC')::date;
