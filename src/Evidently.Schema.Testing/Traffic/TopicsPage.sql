SELECT * FROM public.get_topic_metrics($1, $2, $3, $4);
