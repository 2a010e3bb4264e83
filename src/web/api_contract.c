/* The contract of the API, as programs and as people read it. It is made from docs/openapi.yaml when this is built. */
#include "web/api.h"

#include "base/json.h"
#include "web/contract.h"
#include "web/dash.h"
#include "web/page.h"
#include "web/reply.h"
#include "web/route.h"

const char *
route_contract(void)
{
	return contract_json;
}

enum err
api_contract(struct req *r)
{
	return reply_cached(r, contract_json);
}

enum err
dash_contract(struct req *r)
{
	struct json_object *reference = json_trusted(r->mem, contract_reference);

	return reply_page(r, "dash/contract", json_object_get(reference));
}
