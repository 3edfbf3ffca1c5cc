package org.elasticsearch.plugins;

import java.util.List;
import java.util.Map;
import org.elasticsearch.action.admin.cluster.node.info.PluginsAndModules;
import org.elasticsearch.env.Environment;
import org.elasticsearch.jdk.ModuleQualifiedExportsService;

/** Plugins that are on the class path already, where the server's own service reads them from folders. */
public final class ClassPathPlugins extends PluginsService {
    private final List<LoadedPlugin> loaded;

    public ClassPathPlugins(Environment environment, List<Plugin> plugins) {
        super(environment.settings(), environment.configFile(), null, null);
        loaded = plugins.stream().map(plugin -> new LoadedPlugin(describe(plugin), plugin)).toList();
    }

    @Override
    protected List<LoadedPlugin> plugins() {
        return loaded == null ? List.of() : loaded;
    }

    @Override
    public PluginsAndModules info() {
        return new PluginsAndModules(List.of(), loaded.stream().map(LoadedPlugin::descriptor).toList());
    }

    @Override
    protected void addServerExportsService(Map<String, List<ModuleQualifiedExportsService>> exports) {
        // the server is no module here, so it has nothing to export to one
    }

    private static PluginDescriptor describe(Plugin plugin) {
        String name = plugin.getClass().getName();
        return new PluginDescriptor(name, name, "1", "1", "17", name, null, List.of(), false, false, false, false);
    }
}
