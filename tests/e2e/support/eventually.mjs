// Asks again until the condition gives something true, and returns that. The only place here that lets time pass.
export function eventually(condition, limit_ms = 5000, every_ms = 10) {
    const began = Date.now();
    return new Promise((resolve, reject) => {
        const attempt = async () => {
            let trouble;
            try {
                const value = await condition();
                if (value) return resolve(value);
            } catch (error) {
                trouble = error;
            }
            if (Date.now() - began < limit_ms) return setTimeout(attempt, every_ms);
            const last = trouble ? `; the last try: ${trouble.message}` : '';
            reject(new Error(`not within ${limit_ms} ms: ${condition}${last}`, {cause: trouble}));
        };
        attempt();
    });
}
