-- Fluent Bit calls index() for each record of a log. It names the index that a record goes to (streamforge-<service>; Fluent Bit adds the day), drops what nobody
-- searches for, and gives fields that may be of any kind one kind each, as an index demands.

local unsearched = { trace = true, debug = true }
local loose = { "err", "error", "details" }

-- An index's name has lower-case letters, digits and - only, and begins with none of these.
local function index_part(text)
  local part = string.gsub(string.lower(text), "[^a-z0-9-]", "-")
  part = string.gsub(part, "^-+", "")
  if part == "" then return "unknown" end
  return string.sub(part, 1, 60)
end

-- Our lines say it themselves; of others the pod's labels do.
local function service_of(record)
  if type(record["service"]) == "string" then return record["service"] end
  local pod = record["kubernetes"]
  if type(pod) ~= "table" then return "unknown" end
  local labels = pod["labels"]
  if type(labels) == "table" and type(labels["app.kubernetes.io/name"]) == "string" then return labels["app.kubernetes.io/name"] end
  if type(pod["container_name"]) == "string" then return pod["container_name"] end
  return "unknown"
end

local function flatten(record, name)
  local inner = record[name]
  if inner == nil then return end
  record[name] = nil
  if type(inner) ~= "table" then
    record[name .. "_message"] = tostring(inner)
    return
  end
  for _, part in ipairs({ "type", "code", "message", "stack" }) do
    if inner[part] ~= nil then record[name .. "_" .. part] = tostring(inner[part]) end
  end
end

-- Returns -1: the record is dropped; 2: it is replaced, and its time stays.
function index(tag, timestamp, record)
  if unsearched[record["level"]] then return -1, timestamp, record end
  record["stf_index"] = "streamforge-" .. index_part(service_of(record))
  for _, name in ipairs(loose) do flatten(record, name) end
  return 2, timestamp, record
end
