SELECT * FROM public.get_prompt_metrics($1, $2, $3, $4, $5);
