-- What Open311 lists: newest first, all or the open ones alone, without sorting what is not shown.
CREATE INDEX report_case_list ON report_case (opened_at, case_id);
CREATE INDEX report_case_list_open ON report_case (opened_at, case_id) WHERE outcome = '';
DROP INDEX report_case_opened;
