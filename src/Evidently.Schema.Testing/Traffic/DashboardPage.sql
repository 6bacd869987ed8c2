SELECT * FROM public.get_dashboard_metrics($1, $2, $3, $4);
