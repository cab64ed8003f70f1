/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of a provider, made into a manifest. Refuses what a person with the same files would be refused by
 * `spiralfed manifest`.
 */
#include "provider/harvested.h"

#include "base/jcs.h"
#include "base/strbuf.h"

int harvested_document(const struct harvested_file *files, size_t n, const struct harvest_target *t,
	struct arena *a, struct harvest *ret_harvest, struct source_document *ret, struct err *err)
{
	STRBUF_AUTO text = STRBUF_INIT(DOCUMENT_MAX);
	struct err why = {0};

	harvest_init(ret_harvest, a);
	ret_harvest->values_left = JCS_VALUES_MAX;
	for (size_t i = 0; i < n; i++)
		if (harvest_read(ret_harvest, files[i].name, files[i].text, files[i].len, &why) ==
			HARVEST_REFUSED) {
			*err = why;
			return -1;
		}
	if (harvest_make(ret_harvest, t, &text, err))
		return -1;
	*ret = (struct source_document){
		.text = arena_strndup(a, text.buf, text.len), .len = text.len};
	return 0;
}
