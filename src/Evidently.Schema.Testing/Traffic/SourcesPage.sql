SELECT * FROM public.get_source_metrics($1, $2);
