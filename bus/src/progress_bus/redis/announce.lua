-- Says that a project may have new syncs. KEYS: channel.

return redis.call('PUBLISH', KEYS[1], '')
